-- Up Migration

-- The journal. Rows are added and never changed: the service has no privilege to update or delete them, and a
-- correction is another entry. recorded_at says when the books learnt of it, effective_date when it counts.
create table journal_entries (
  tenant_id uuid not null,
  id uuid not null,
  recorded_at timestamptz not null default now(),
  effective_date date not null,
  kind text not null check (kind in ('expense', 'reversal')),
  expense_id uuid not null,
  -- The entry that a reversal takes back.
  reverses_entry_id uuid,
  -- What was paid, and how it was brought into the tenant's currency.
  currency char(3) not null,
  amount_minor bigint not null,
  rate numeric not null check (rate > 0),
  rate_source text not null check (rate_source in ('identity', 'billed', 'given')),
  rate_date date not null,
  primary key (tenant_id, recorded_at, id),
  check ((kind = 'reversal') = (reverses_entry_id is not null))
) partition by range (recorded_at);

create table postings (
  tenant_id uuid not null,
  entry_id uuid not null,
  line smallint not null check (line > 0),
  recorded_at timestamptz not null default now(),
  -- A row of the view ledger_accounts.
  ledger_account_id uuid not null,
  currency char(3) not null,
  -- Debits are positive, credits negative; zero where a foreign amount rounds to nothing.
  amount_minor bigint not null,
  primary key (tenant_id, recorded_at, entry_id, line)
) partition by range (recorded_at);

call protect_tenant_table('journal_entries', 'select, insert');
call protect_tenant_table('postings', 'select, insert');

-- At commit, each new entry must have two postings or more that sum to zero in each currency, and each new posting
-- must belong to a new entry.
--
-- The deferred trigger fires for each row, but the first to fire checks all that the transaction wrote for the tenant,
-- which lies together in both primary keys, and leaves a mark for the others. That costs one expense 70 microseconds and
-- one of a thousand 8; foreign keys to partitioned tables and a check of its own for each entry cost 110.
create function refuse_unbalanced_journal() returns trigger
language plpgsql set search_path from current as $$
begin
  if current_setting('journal.balanced', true) = new.tenant_id::text then
    return null;
  end if;
  perform check_journal(new.tenant_id, new.recorded_at);
  perform set_config('journal.balanced', new.tenant_id::text, true);
  return null;
end
$$;

-- Generic plans, because the planner prefers to plan anew each time for the sake of one partition, which takes three
-- times as long as all the rest.
create function check_journal(tenant uuid, instant timestamptz) returns void
language plpgsql set search_path from current set plan_cache_mode = 'force_generic_plan' as $$
declare
  entry_ids uuid[];
  posted_ids uuid[];
  are_balanced boolean;
begin
  -- One statement, hence one snapshot: another transaction of the same microsecond may commit at any moment, and must
  -- be seen with all of its rows or with none.
  select
    (
      select array_agg(entries.id order by entries.id)
      from journal_entries as entries
      where entries.tenant_id = tenant and entries.recorded_at = instant
    ),
    array_agg(posted.entry_id order by posted.entry_id),
    bool_and(posted.is_balanced)
  into entry_ids, posted_ids, are_balanced
  from (
    select sums.entry_id, sum(sums.line_count) >= 2 and bool_and(sums.amount_minor = 0) as is_balanced
    from (
      select lines.entry_id, count(*) as line_count, sum(lines.amount_minor) as amount_minor
      from postings as lines
      where lines.tenant_id = tenant and lines.recorded_at = instant
      group by lines.entry_id, lines.currency
    ) as sums
    group by sums.entry_id
  ) as posted;
  -- Null where row-level security hides the rows: a transaction must end under the tenant it wrote for.
  if entry_ids is null or entry_ids is distinct from posted_ids or not are_balanced then
    raise exception 'each journal entry needs two postings or more that sum to zero in each currency'
      using errcode = 'check_violation', constraint = 'journal_is_balanced';
  end if;
end
$$;
create constraint trigger journal_is_balanced after insert on journal_entries
  deferrable initially deferred for each row execute function refuse_unbalanced_journal();
create constraint trigger journal_is_balanced after insert on postings
  deferrable initially deferred for each row execute function refuse_unbalanced_journal();

-- Where constraints were made immediate half-way, what is written afterwards must be checked again.
create function unmark_journal() returns trigger
language plpgsql as $$
begin
  perform set_config('journal.balanced', '', true);
  return null;
end
$$;
create trigger journal_is_unchecked before insert on journal_entries
  for each statement execute function unmark_journal();
create trigger journal_is_unchecked before insert on postings
  for each statement execute function unmark_journal();

-- An entry is closed with its transaction: entry and postings carry the transaction's own instant and are found by
-- it, so that nothing can be added later to an entry that was found balanced.
create function refuse_foreign_instant() returns trigger
language plpgsql as $$
begin
  raise exception '% takes only rows recorded at the instant of their transaction', tg_table_name
    using errcode = 'check_violation', constraint = 'journal_is_recorded_now';
end
$$;
create trigger journal_is_recorded_now before insert on journal_entries
  for each row when (new.recorded_at <> now()) execute function refuse_foreign_instant();
create trigger journal_is_recorded_now before insert on postings
  for each row when (new.recorded_at <> now()) execute function refuse_foreign_instant();

call partition_by_month('journal_entries');
call partition_by_month('postings');

-- The chart of accounts: each category is an expense account, each account an asset account with the same id, and
-- three are the same for every tenant (their ids are in src/domain/ledger-account.ts too).
create view ledger_accounts with (security_invoker = true) as
select categories.tenant_id, categories.id, 'expense' as class, categories.name from categories
union all
select accounts.tenant_id, accounts.id, 'asset', accounts.name from accounts
union all
select tenants.tenant_id, fixed.id, fixed.class, fixed.name
from tenants
cross join (values
  ('00000000-0000-7000-8000-000000000001'::uuid, 'expense', 'Uncategorised'),
  ('00000000-0000-7000-8000-000000000002'::uuid, 'asset', 'Unassigned'),
  ('00000000-0000-7000-8000-000000000003'::uuid, 'equity', 'Currency exchange')
) as fixed (id, class, name);
do $$
begin
  execute format('grant select on ledger_accounts to %I', 'outlay_' || current_schema());
end
$$;

-- Down Migration

drop view ledger_accounts;
drop table postings;
drop table journal_entries;
drop function refuse_foreign_instant();
drop function unmark_journal();
drop function refuse_unbalanced_journal();
drop function check_journal(uuid, timestamptz);

