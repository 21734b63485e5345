-- Up Migration

-- A session is a person's, from one log-in to its log-out; it acts in at most one tenant. It belongs to no tenant,
-- as it is found by the hash of a refresh token before anything else is known.
create table sessions (
  id uuid primary key,
  user_id uuid not null references users (id),
  acting_tenant_id uuid,
  -- When the person last proved who they are.
  authenticated_at timestamptz not null,
  opened_at timestamptz not null,
  last_used_at timestamptz not null,
  -- When its newest refresh token ends; the clean-up goes by it.
  expires_at timestamptz not null,
  revoked_at timestamptz,
  revoked_reason text,
  check ((revoked_at is null) = (revoked_reason is null))
);
create index sessions_user_id on sessions (user_id);
create index sessions_expires_at on sessions (expires_at);
-- What gateways reload when they have lost their copy.
create index sessions_revoked_at on sessions (revoked_at) where revoked_at is not null;
call protect_global_table('sessions');

-- Each refresh token that a session has had, by the SHA-256 of it. One of them has no successor yet: the current one.
-- The successor is kept sealed with its predecessor, so that only who holds the predecessor can be given it again.
create table refresh_tokens (
  token_hash bytea primary key check (length(token_hash) = 32),
  session_id uuid not null references sessions (id) on delete cascade,
  issued_at timestamptz not null,
  expires_at timestamptz not null,
  rotated_at timestamptz,
  successor_hash bytea,
  sealed_successor bytea,
  check ((rotated_at is null) = (successor_hash is null) and (rotated_at is null) = (sealed_successor is null))
);
create index refresh_tokens_session_id on refresh_tokens (session_id);
call protect_global_table('refresh_tokens');

-- The keys that access tokens are signed with; kid is the RFC 7638 thumbprint. The newest one that is not retired signs.
create table signing_keys (
  kid text primary key,
  private_key text not null,
  public_jwk jsonb not null,
  created_at timestamptz not null,
  retired_at timestamptz
);
call protect_global_table('signing_keys', 'select, insert, update');

-- Failed log-ins per account and address while Redis is away. The layout is rate-limiter-flexible's.
create table login_failures (
  key varchar(255) primary key,
  points integer not null default 0,
  expire bigint
);
call protect_global_table('login_failures');

-- Down Migration

drop table login_failures;
drop table signing_keys;
drop table refresh_tokens;
drop table sessions;
