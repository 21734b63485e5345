-- Up Migration

-- The answer to each command that carried an Idempotency-Key, written in the command's own transaction.
-- A concurrent twin waits on the primary key until the first has committed or rolled back.
create table idempotency_keys (
  tenant_id uuid not null,
  actor_id text not null,
  operation text not null,
  key text not null check (length(key) between 1 and 255),
  request_hash bytea not null,
  answer jsonb,
  created_at timestamptz not null default now(),
  primary key (tenant_id, actor_id, operation, key)
);
-- For the clean-up, which crosses tenants.
create index idempotency_keys_created_at on idempotency_keys using brin (created_at);
call protect_tenant_table('idempotency_keys');
call grant_system('idempotency_keys', 'select, delete');

-- Who changed what, append-only: services may insert and read, nobody may update or delete.
create table audit_entries (
  tenant_id uuid not null,
  id uuid not null,
  recorded_at timestamptz not null default now(),
  actor_kind text not null,
  actor_id text not null,
  request_id text not null,
  action text not null,
  entity text not null,
  entity_id text not null,
  before jsonb,
  after jsonb,
  primary key (tenant_id, id, recorded_at)
) partition by range (recorded_at);
create index audit_entries_entity on audit_entries (tenant_id, entity, entity_id, recorded_at);
call protect_tenant_table('audit_entries', 'select, insert');
call partition_by_month('audit_entries');

-- Down Migration

drop table audit_entries;
drop table idempotency_keys;
