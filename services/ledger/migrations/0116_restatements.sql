-- Up Migration

select set_config('search_path', format('%I, pg_temp', current_schema()), true);

-- Each correction of rates that something may have been booked at, and how far its consequences have been drawn.
create table restatements (
  tenant_id uuid not null,
  id uuid not null,
  cause text not null check (cause in ('tenant_rate', 'platform_import')),
  -- The rate (exchange_rates.id) with its revision, or the import (platform_rate_imports.id) with 0.
  cause_id uuid not null,
  cause_revision integer not null,
  -- The request that made the correction; what is restated is written down under it.
  request_id text not null,
  correlation_id text,
  -- Expenses of these days are looked at.
  date_from date not null,
  date_to date not null,
  status text not null default 'pending' check (status in ('pending', 'completed')),
  -- The last expense that was looked at, in the order of (expense_date, id).
  after_date date not null default '-infinity',
  after_id uuid not null default '00000000-0000-0000-0000-000000000000',
  checked integer not null default 0,
  restated integer not null default 0,
  created_at timestamptz not null default now(),
  progressed_at timestamptz not null default now(),
  finished_at timestamptz,
  primary key (tenant_id, id)
);
create unique index restatements_cause_key on restatements (tenant_id, cause_id, cause_revision);
-- For those whose job is gone, looked for across tenants.
create index restatements_pending on restatements (progressed_at) where status = 'pending';
call protect_tenant_table('restatements', 'select, insert, update');
call grant_system('restatements', 'select (tenant_id, id, status, progressed_at)');

-- Expenses that were booked at a listed rate, to be looked at once more after their commit: the rate may have been
-- corrected between the moment it was read and the commit, when the correction could not see the expense yet.
create table rate_checks (
  tenant_id uuid not null,
  id bigint generated always as identity,
  expense_id uuid not null,
  primary key (tenant_id, id)
)
-- As small as the backlog, and written as often as foreign expenses.
with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
create index rate_checks_by_expense on rate_checks (tenant_id, expense_id);
call protect_tenant_table('rate_checks', 'select, insert, delete');
call grant_system('rate_checks', 'select (tenant_id)');

create function queue_rate_check() returns trigger
language plpgsql set search_path from current as $$
begin
  insert into rate_checks (tenant_id, expense_id) values (new.tenant_id, new.id);
  return null;
end
$$;
-- A trigger, so that nothing that books can forget it. Whatever is booked at another rate than a listed one pays for a
-- comparison of two words.
create trigger rate_is_checked after insert on expenses
  for each row when (new.rate_source in ('tenant', 'platform')) execute function queue_rate_check();
create trigger rate_is_checked_again after update on expenses
  for each row when (new.rate_source in ('tenant', 'platform') and new.entry_id <> old.entry_id)
  execute function queue_rate_check();

-- What a correction may concern.
create index expenses_at_listed_rates on expenses (tenant_id, expense_date, id)
  where rate_source in ('tenant', 'platform') and status = 'posted';
-- Whom a correction of the platform's rates may concern, is asked across tenants.
call grant_system('expenses', 'select (tenant_id, expense_date, rate_source, status)');

-- Down Migration

drop policy system_access on expenses;
do $$
begin
  execute format('revoke select (tenant_id, expense_date, rate_source, status) on expenses from %I',
    'outlay_' || current_schema() || '_system');
end
$$;
drop index expenses_at_listed_rates;
drop trigger rate_is_checked_again on expenses;
drop trigger rate_is_checked on expenses;
drop function queue_rate_check();
drop table rate_checks;
drop table restatements;
