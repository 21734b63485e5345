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
-- which lies together in both primary keys, and leaves a mark for the others. A check of its own for each entry and
-- foreign keys to partitioned tables took 110 microseconds an expense; this takes 10 in a batch of a thousand.
create function refuse_unbalanced_journal() returns trigger
language plpgsql as $$
begin
  if current_setting('journal.balanced', true) = new.tenant_id::text then
    return null;
  end if;
  execute format('select %I.check_journal($1, $2, $3)', tg_table_schema)
  using new.tenant_id, new.recorded_at, substring(tg_table_name from '_[0-9]+$');
  perform set_config('journal.balanced', new.tenant_id::text, true);
  return null;
end
$$;

-- Asks the two partitions of the month alone, as every partition of a table is locked before it is left out.
-- Partitions are granted to nobody, hence security definer; row-level security is forced on the owner too.
create function check_journal(tenant uuid, instant timestamptz, partition_suffix text) returns void
language plpgsql security definer set search_path from current as $$
declare
  unbalanced uuid;
begin
  -- Under another tenant's setting the rows to be checked could not be seen.
  if tenant is distinct from nullif(current_setting('app.tenant_id', true), '')::uuid then
    raise exception 'the journal must be committed under the tenant it was written for'
      using errcode = 'check_violation', constraint = 'journal_is_balanced';
  end if;
  execute format(
    'select lines.entry_id'
    ' from ('
    '   select coalesce(postings.entry_id, entries.id) as entry_id, bool_and(entries.id is not null) as has_entry,'
    '     count(postings.line) as line_count, coalesce(sum(postings.amount_minor), 0) as amount_minor'
    '   from (select id from %I where tenant_id = $1 and recorded_at = $2) as entries'
    '   full join ('
    '     select entry_id, line, currency, amount_minor from %I where tenant_id = $1 and recorded_at = $2'
    '   ) as postings on postings.entry_id = entries.id'
    '   group by coalesce(postings.entry_id, entries.id), postings.currency'
    ' ) as lines'
    ' group by lines.entry_id'
    ' having sum(lines.line_count) < 2 or bool_or(lines.amount_minor <> 0) or not bool_and(lines.has_entry)'
    ' limit 1',
    'journal_entries' || partition_suffix, 'postings' || partition_suffix
  )
  into unbalanced using tenant, instant;
  if unbalanced is not null then
    raise exception 'journal entry % needs two postings or more that sum to zero in each currency', unbalanced
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
drop function check_journal(uuid, timestamptz, text);
