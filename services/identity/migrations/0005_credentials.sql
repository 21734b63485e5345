-- Up Migration

-- What was mailed to a person to prove that an address is theirs, by the SHA-256 of it. A token is good for one use
-- and until a newer one of the same purpose is issued.
create table one_time_tokens (
  token_hash bytea primary key check (length(token_hash) = 32),
  -- What asked for it. The job that answers a request may run twice; the request has one token.
  request_id uuid not null unique,
  purpose text not null check (purpose in ('email_verification', 'email_change', 'password_reset')),
  user_id uuid not null references users (id),
  -- Where it was mailed to; for a change of address, the one to come.
  email text not null check (length(email) between 3 and 254),
  issued_at timestamptz not null,
  expires_at timestamptz not null,
  -- When it was used, or when a newer one took its place.
  ended_at timestamptz
);
create index one_time_tokens_user_id on one_time_tokens (user_id);
create index one_time_tokens_expires_at on one_time_tokens (expires_at);
call protect_global_table('one_time_tokens');

-- What gets a person in who has lost their authenticator, by the SHA-256 of it with their id.
create table recovery_codes (
  user_id uuid not null references users (id),
  code_hash bytea not null check (length(code_hash) = 32),
  created_at timestamptz not null,
  used_at timestamptz,
  primary key (user_id, code_hash)
);
call protect_global_table('recovery_codes');

-- Whoever is exported or erased may have left tenants: their traces are found across all of them.
call grant_system('security_events', 'select, update (client_address, user_agent)');
create index security_events_actor on security_events (actor_id) where actor_kind = 'user';
create index security_events_person on security_events (user_id) where user_id is not null;

-- Audit entries are kept for good and name people by their ids alone; earlier ones had the address as well.
alter table audit_entries no force row level security;
update audit_entries set after = audit_entries.after - 'email'
where audit_entries.entity = 'member' and jsonb_exists(audit_entries.after, 'email');
alter table audit_entries force row level security;

-- Down Migration

drop index security_events_person;
drop index security_events_actor;
drop policy system_access on security_events;
do $$
begin
  execute format('revoke select, update (client_address, user_agent) on security_events from %I', 'outlay_' || current_schema() || '_system');
end
$$;
drop table recovery_codes;
drop table one_time_tokens;
