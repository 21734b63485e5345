-- Up Migration

-- Who has left a tenant, and the version their membership had come to: whoever joins again goes on from there, so that
-- those who follow a member by version never take the new membership for something old.
create table former_members (
  tenant_id uuid not null references tenants (tenant_id),
  user_id uuid not null references users (id),
  last_version bigint not null,
  left_at timestamptz not null,
  primary key (tenant_id, user_id)
);
call protect_tenant_table('former_members', 'select, insert, update');

create table invitations (
  tenant_id uuid not null references tenants (tenant_id),
  id uuid not null,
  email text not null check (length(email) between 3 and 254),
  email_key text not null generated always as (lower(email)) stored,
  role text not null check (role in ('admin', 'analyst', 'member')),
  -- One that is pending beyond its term has expired; it is noted as such when its address is invited anew.
  status text not null default 'pending' check (status in ('pending', 'accepted', 'revoked', 'expired')),
  invited_by uuid not null,
  -- The SHA-256 of the token that was mailed last.
  token_hash bytea not null check (length(token_hash) = 32),
  -- How often it was mailed.
  occasion integer not null default 1,
  invited_at timestamptz not null,
  expires_at timestamptz not null,
  accepted_at timestamptz,
  accepted_by uuid references users (id),
  version bigint not null default 1,
  primary key (tenant_id, id),
  check ((status = 'accepted') = (accepted_at is not null) and (accepted_at is null) = (accepted_by is null))
);
-- One invitation of an address is open in a tenant, whatever is tried at once.
create unique index invitations_pending on invitations (tenant_id, email_key) where status = 'pending';
-- Whoever holds a token names no tenant.
create index invitations_token_hash on invitations (token_hash);
call protect_tenant_table('invitations', 'select, insert, update');
call grant_system('invitations', 'select');

-- How many were invited within the last hour is counted in the log.
create index security_events_invited on security_events (tenant_id, recorded_at) where kind = 'member.invited';

-- Keys for machines. What a key may do is its scopes.
create table api_keys (
  tenant_id uuid not null references tenants (tenant_id),
  id uuid not null,
  name text not null,
  scopes text[] not null check (cardinality(scopes) > 0),
  created_by uuid not null,
  created_at timestamptz not null,
  expires_at timestamptz,
  -- To the minute.
  last_used_at timestamptz,
  revoked_at timestamptz,
  version bigint not null default 1,
  primary key (tenant_id, id)
);
call protect_tenant_table('api_keys', 'select, insert, update');

-- The secrets that a key can be shown with, by the SHA-256 of each: the newest, and the one before it for a while. Like
-- refresh tokens they belong to no tenant, as a secret is found before anything else is known.
create table api_key_secrets (
  secret_hash bytea primary key check (length(secret_hash) = 32),
  api_key_id uuid not null,
  acting_tenant_id uuid not null,
  -- Its first characters, which tell keys apart and open nothing.
  prefix text not null,
  created_at timestamptz not null,
  -- Until when the one before the newest works; null of the newest, which works as long as its key.
  ends_at timestamptz,
  -- When its key was revoked; with the sessions closed since then it is what gateways reload.
  revoked_at timestamptz,
  foreign key (acting_tenant_id, api_key_id) references api_keys (tenant_id, id)
);
create index api_key_secrets_api_key_id on api_key_secrets (api_key_id);
create unique index api_key_secrets_newest on api_key_secrets (api_key_id) where ends_at is null;
create index api_key_secrets_revoked_at on api_key_secrets (revoked_at) where revoked_at is not null;
call protect_global_table('api_key_secrets');

-- Down Migration

drop table api_key_secrets;
drop table api_keys;
drop index security_events_invited;
drop table invitations;
drop table former_members;
