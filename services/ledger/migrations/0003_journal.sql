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
  primary key (tenant_id, id, recorded_at),
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
  primary key (tenant_id, entry_id, line, recorded_at),
  foreign key (tenant_id, entry_id, recorded_at) references journal_entries (tenant_id, id, recorded_at)
) partition by range (recorded_at);

call protect_tenant_table('journal_entries', 'select, insert');
call protect_tenant_table('postings', 'select, insert');

-- At commit, each new entry must have two postings or more that sum to zero in each currency. It runs as the
-- caller and sees the tenant's rows alone: under another tenant's setting it finds no postings and refuses.
create function refuse_unbalanced_entry() returns trigger
language plpgsql set search_path from current as $$
declare
  line_count bigint;
  is_unbalanced boolean;
begin
  select coalesce(sum(sums.line_count), 0), coalesce(bool_or(sums.amount_minor <> 0), false)
  into line_count, is_unbalanced
  from (
    select count(*) as line_count, sum(postings.amount_minor) as amount_minor
    from postings
    where postings.tenant_id = new.tenant_id and postings.entry_id = new.id and postings.recorded_at = new.recorded_at
    group by postings.currency
  ) as sums;
  if line_count < 2 then
    raise exception 'journal entry % has fewer than two postings', new.id
      using errcode = 'check_violation', constraint = 'journal_entry_is_balanced';
  end if;
  if is_unbalanced then
    raise exception 'the postings of journal entry % do not sum to zero', new.id
      using errcode = 'check_violation', constraint = 'journal_entry_is_balanced';
  end if;
  return null;
end
$$;
create constraint trigger journal_entry_is_balanced after insert on journal_entries
  deferrable initially deferred for each row execute function refuse_unbalanced_entry();

-- An entry is closed with its transaction. Entry and postings carry the transaction's own instant and are bound
-- together by it, so that nothing can be added later to an entry that was found balanced.
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
drop function refuse_unbalanced_entry();
