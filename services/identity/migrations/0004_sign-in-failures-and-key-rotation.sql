-- Up Migration

-- Each attempt to sign in that failed, of strangers and of people alike: one row, written before the answer. A job
-- tells the tenants of those whom it concerns, then deletes it, so that nothing that depends on who exists happens
-- while somebody waits.
create table sign_in_failures (
  id uuid primary key,
  email text not null,
  -- The tenant that was to be entered, where one was named.
  named_tenant_id uuid,
  reason text not null,
  client_address text not null,
  user_agent text not null,
  request_id text not null,
  attempted_at timestamptz not null
);
call protect_global_table('sign_in_failures');

-- A tenant that shortens its sessions shortens those that are open.
create index sessions_acting_tenant_id on sessions (acting_tenant_id) where revoked_at is null;

-- Private keys are sealed under IDENTITY_ENCRYPTION_KEY; those from before are sealed when the service starts, and none
-- is kept once its key signs no more.
alter table signing_keys
  alter column private_key drop not null,
  add column sealed_private_key bytea,
  -- A key is published before it signs, so that nobody meets a token whose key they have not heard of. Null: from the
  -- beginning. From retired_at on, which may lie ahead, it signs no more.
  add column signs_from timestamptz,
  -- When it was withdrawn: it is published no more, and its tokens count no more.
  add column withdrawn_at timestamptz,
  add constraint signing_keys_sealed check (private_key is null or sealed_private_key is null);

-- Down Migration

-- What is sealed cannot be opened here: the service makes a new key when it finds none.
alter table signing_keys no force row level security;
delete from signing_keys where private_key is null;
alter table signing_keys force row level security;
alter table signing_keys
  drop constraint signing_keys_sealed,
  drop column sealed_private_key,
  drop column signs_from,
  drop column withdrawn_at,
  alter column private_key set not null;
drop index sessions_acting_tenant_id;
drop table sign_in_failures;
