-- Up Migration

-- Every mail that is to leave, or has left, the platform. It is `sending` here before the request leaves; a row that
-- stays so, or is `unknown`, is looked up at the provider before anything is sent again.
create table deliveries (
  tenant_id uuid not null,
  id uuid not null,
  kind text not null,
  -- What the mail is about, and on which occasion: together with the recipient they make a second mail impossible.
  about_id uuid not null,
  slot text not null,
  recipient text not null,
  recipient_name text not null,
  subject text not null,
  -- What the template is filled with.
  parameters jsonb not null,
  status text not null default 'pending' check (status in ('pending', 'sending', 'sent', 'failed', 'unknown')),
  attempts integer not null default 0,
  -- When it is to be looked at next; null: never again. For `sending`, when the attempt under way counts as lost.
  due_at timestamptz,
  provider text,
  provider_message_id text,
  error text,
  created_at timestamptz not null,
  sent_at timestamptz,
  primary key (tenant_id, id),
  unique (tenant_id, kind, about_id, slot, recipient)
);
create index deliveries_due on deliveries (due_at) where due_at is not null;
call protect_tenant_table('deliveries', 'select, insert, update');
-- For the walk that finds deliveries whose job was lost.
call grant_system('deliveries', 'select');

-- What was tried and what came of it: one row for each attempt, written before the request leaves.
create table delivery_attempts (
  tenant_id uuid not null,
  delivery_id uuid not null,
  attempt integer not null,
  provider text not null,
  -- sending: under way or cut off; interrupted: cut off, as the next attempt found; sent; found: an earlier attempt had
  -- got through; refused: never to be tried again; failed: not taken; unknown: may have been taken; unsettled: looked up
  -- only, and what came of the attempt before is still not known.
  outcome text not null default 'sending'
    check (outcome in ('sending', 'interrupted', 'sent', 'found', 'refused', 'failed', 'unknown', 'unsettled')),
  error text,
  provider_message_id text,
  started_at timestamptz not null,
  finished_at timestamptz,
  primary key (tenant_id, delivery_id, attempt),
  foreign key (tenant_id, delivery_id) references deliveries (tenant_id, id)
);
call protect_tenant_table('delivery_attempts', 'select, insert, update');

-- Down Migration

drop table delivery_attempts;
drop table deliveries;
