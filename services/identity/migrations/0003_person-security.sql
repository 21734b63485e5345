-- Up Migration

-- How a person proves who they are, beside the password. Secrets are sealed under IDENTITY_ENCRYPTION_KEY.
alter table users
  add column email_verified_at timestamptz,
  add column totp_secret bytea,
  -- Null while the secret awaits its first code.
  add column totp_enabled_at timestamptz,
  -- The time step of the last code that was taken: each code counts once (RFC 6238, section 5.2).
  add column totp_last_step bigint,
  add column erased_at timestamptz,
  add constraint users_totp check (totp_enabled_at is null or totp_secret is not null);

-- Where a session was opened and last used from, for the person who looks at their sessions.
alter table sessions
  add column client_address text not null default '',
  add column user_agent text not null default '';

-- How long the tenant's sessions live from their last refresh.
alter table tenants
  add column session_hours integer not null default 720 check (session_hours in (24, 720)),
  add column security_version bigint not null default 1;

-- The answer to each command of this service that carried an Idempotency-Key, written in the command's own
-- transaction. Answers hold tokens, so they are sealed; requests hold passwords, so their digest is keyed. Not a tenant
-- table: who logs in has no tenant yet. An anonymous caller's id is empty.
create table idempotent_answers (
  actor_id text not null,
  operation text not null,
  key text not null check (length(key) between 1 and 255),
  request_digest bytea not null,
  sealed_answer bytea,
  created_at timestamptz not null default now(),
  primary key (actor_id, operation, key)
);
create index idempotent_answers_created_at on idempotent_answers using brin (created_at);
call protect_global_table('idempotent_answers');

-- What touches the safety of a tenant's people and keys, append-only. Of a person who is erased, address and user agent
-- are blanked: nothing else can be changed.
create table security_events (
  tenant_id uuid not null,
  id uuid not null,
  recorded_at timestamptz not null default now(),
  kind text not null,
  actor_kind text not null check (actor_kind in ('user', 'api_key', 'service', 'anonymous')),
  actor_id text not null,
  user_id uuid,
  client_address text not null default '',
  user_agent text not null default '',
  details jsonb not null default '{}',
  primary key (tenant_id, id, recorded_at)
) partition by range (recorded_at);
create index security_events_newest on security_events (tenant_id, recorded_at desc, id desc);
create index security_events_user_id on security_events (tenant_id, user_id, recorded_at desc) where user_id is not null;
call protect_tenant_table('security_events', 'select, insert, update (client_address, user_agent)');
call partition_by_month('security_events');

-- Down Migration

drop table security_events;
drop table idempotent_answers;
alter table tenants drop column session_hours, drop column security_version;
alter table sessions drop column client_address, drop column user_agent;
alter table users
  drop column email_verified_at,
  drop column totp_secret,
  drop column totp_enabled_at,
  drop column totp_last_step,
  drop column erased_at;
