-- Up Migration

-- The journal once more, in the order in which balances are read, for so far as nothing is recorded any more: segment by
-- segment of some 10,000 postings, made behind the writers (src/books/segment-journal.ts). What is behind the last segment
-- is read from the journal itself. All of this follows from the journal: an owner may empty the three tables together at
-- any time, and they are made again.
create table journal_segments (
  tenant_id uuid not null,
  -- From 1, without gaps.
  number integer not null check (number > 0),
  -- It holds what was recorded after the segment before it, until and with this instant.
  recorded_through timestamptz not null,
  primary key (tenant_id, number)
);
-- The last one that had been recorded at an instant.
create unique index journal_segments_instant_key on journal_segments (tenant_id, recorded_through);
call protect_tenant_table('journal_segments', 'select, insert');

-- What the postings of a segment come to. By month of their effective dates, as one row for each day would be
-- hardly fewer rows than there are postings.
create table segment_sums (
  tenant_id uuid not null,
  ledger_account_id uuid not null,
  segment integer not null,
  -- The first of the month.
  effective_month date not null,
  currency char(3) not null,
  debits_minor numeric not null,
  credits_minor numeric not null,
  primary key (tenant_id, ledger_account_id, segment, effective_month, currency),
  foreign key (tenant_id, segment) references journal_segments (tenant_id, number)
);
call protect_tenant_table('segment_sums', 'select, insert');

-- Each posting of the segments, by account and effective date.
create table segment_postings (
  tenant_id uuid not null,
  ledger_account_id uuid not null,
  effective_date date not null,
  recorded_at timestamptz not null,
  entry_id uuid not null,
  line smallint not null,
  currency char(3) not null,
  amount_minor bigint not null,
  primary key (tenant_id, ledger_account_id, effective_date, recorded_at, entry_id, line)
);
call protect_tenant_table('segment_postings', 'select, insert');

-- The chart with the instant since which an account is in it, so that it can be shown as it was.
create or replace view ledger_accounts with (security_invoker = true) as
select categories.tenant_id, categories.id, 'expense' as class, categories.name, categories.created_at from categories
union all
select accounts.tenant_id, accounts.id, 'asset', accounts.name, accounts.created_at from accounts
union all
select tenants.tenant_id, fixed.id, fixed.class, fixed.name, '-infinity'::timestamptz
from tenants
cross join (values
  ('00000000-0000-7000-8000-000000000001'::uuid, 'expense', 'Uncategorised'),
  ('00000000-0000-7000-8000-000000000002'::uuid, 'asset', 'Unassigned'),
  ('00000000-0000-7000-8000-000000000003'::uuid, 'equity', 'Currency exchange')
) as fixed (id, class, name);

-- Down Migration

drop view ledger_accounts;
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

drop table segment_postings;
drop table segment_sums;
drop table journal_segments;
