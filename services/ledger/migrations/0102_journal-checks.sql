-- Up Migration

-- Replaces the deferred check of the journal. That one marked its transaction as checked in a setting, which the
-- service's role could write as well; and it could be shown temporary tables in place of the journal's.
--
-- With pg_temp named last, as here, no temporary table stands in for a real one in the functions below.
select set_config('search_path', format('%I, pg_temp', current_schema()), true);

drop trigger journal_is_balanced on journal_entries;
drop trigger journal_is_balanced on postings;
drop trigger journal_is_unchecked on journal_entries;
drop trigger journal_is_unchecked on postings;
drop function refuse_unbalanced_journal();
drop function unmark_journal();
drop function check_journal(uuid, timestamptz);

-- An entry is written together with all of its postings by one statement, at whose end it is checked. Nothing is
-- deferred and nothing is remembered, so that there is no state to forge: what is checked is what the statement has
-- inserted, which the server itself hands over (new_postings, new_entries; no row-level security applies to them).
--
-- Each posting belongs to an entry that has no other postings than those of this statement. So nothing can be added to
-- an entry later, nor by another transaction of the same microsecond. Where row-level security hides the rows, because
-- the tenant was changed half-way, nothing is found and all is refused.
--
-- What was written at this instant is found by its index and joined by a hash, also where the plan was made while the tables
-- were empty: compared with an array of a thousand, or joined by a loop, each row of the statement would be compared a
-- thousand times. Generic plans, because the planner prefers to plan anew each time for the sake of one partition, which takes three
-- times as long as all the rest.
create function refuse_unbalanced_postings() returns trigger
language plpgsql set search_path from current set plan_cache_mode = 'force_generic_plan' set enable_nestloop = 'off'
  set enable_seqscan = 'off' as $$
declare
  tenant uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
  entry_ids uuid[];
  line_count bigint;
  is_sound boolean;
  is_in_chart boolean;
begin
  select array_agg(posted.entry_id), sum(posted.line_count),
    coalesce(bool_and(posted.line_count >= 2 and posted.is_balanced and posted.is_own), false),
    -- Each account once, by a lookup (offset 0): there are far fewer than postings, and may be many more that nobody uses.
    not exists (
      select from (select distinct lines.ledger_account_id as id from new_postings as lines) as used
      where used.id not in (
          '00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000002',
          '00000000-0000-7000-8000-000000000003', '00000000-0000-7000-8000-000000000004'
        )
        and not exists (
          select from categories where categories.tenant_id = tenant and categories.id = used.id offset 0
        )
        and not exists (
          select from accounts where accounts.tenant_id = tenant and accounts.id = used.id offset 0
        )
    )
  into entry_ids, line_count, is_sound, is_in_chart
  from (
    select sums.entry_id, sum(sums.line_count) as line_count, bool_and(sums.amount_minor = 0) as is_balanced,
      bool_and(sums.is_own) as is_own
    from (
      select lines.entry_id, count(*) as line_count, sum(lines.amount_minor) as amount_minor,
        bool_and(lines.tenant_id is not distinct from tenant) as is_own
      from new_postings as lines
      group by lines.entry_id, lines.currency
    ) as sums
    group by sums.entry_id
  ) as posted;
  if entry_ids is null then
    return null;
  end if;
  if not is_sound
    or line_count <> (
      select count(*)
      from unnest(entry_ids) as posted (entry_id)
      join postings on postings.tenant_id = tenant and postings.recorded_at = now()
        and postings.entry_id = posted.entry_id
    )
    or cardinality(entry_ids) <> (
      select count(*)
      from unnest(entry_ids) as posted (entry_id)
      join journal_entries on journal_entries.tenant_id = tenant and journal_entries.recorded_at = now()
        and journal_entries.id = posted.entry_id
    )
  then
    raise exception 'each journal entry needs two postings or more that sum to zero in each currency'
      using errcode = 'check_violation', constraint = 'journal_is_balanced';
  end if;
  if not is_in_chart then
    raise exception 'each posting needs an account of the tenant''s chart'
      using errcode = 'check_violation', constraint = 'posting_is_in_chart';
  end if;
  return null;
end
$$;
create trigger journal_is_balanced after insert on postings
  referencing new table as new_postings for each statement execute function refuse_unbalanced_postings();

-- Which entries have been taken back, and by which. No unique index of a table that is partitioned by month could say
-- that an entry is reversed once, as it would have to contain the month.
create table reversals (
  tenant_id uuid not null,
  entry_id uuid not null,
  reversal_id uuid not null,
  -- Of the reversal, by which it is found.
  recorded_at timestamptz not null,
  constraint entry_is_reversed_once primary key (tenant_id, entry_id)
);
-- Migrations are run by the owner, who is kept to one tenant as well unless told otherwise.
alter table journal_entries no force row level security;
insert into reversals (tenant_id, entry_id, reversal_id, recorded_at)
select journal_entries.tenant_id, journal_entries.reverses_entry_id, journal_entries.id, journal_entries.recorded_at
from journal_entries
where journal_entries.kind = 'reversal'
order by journal_entries.recorded_at
on conflict do nothing;
alter table journal_entries force row level security;
call protect_tenant_table('reversals', 'select, insert');

-- Refuses reversals that are not the exact opposite of an entry in force: line by line the same accounts and currencies with
-- the signs turned round, for the same day and at the same rate. Their expenses lead to the entries' partitions, and still
-- name them, as what becomes of an expense is stored after its entries; openings have an index of their own
-- (journal_openings, migration 0106). Lookups only, as many as there are reversals; whoever writes none pays nothing.
-- Without what its caller is set to: by that, lookups look so dear to the planner that it would compile them.
create function refuse_inexact_reversals(tenant uuid, reversal_ids uuid[]) returns void
language plpgsql set search_path from current set plan_cache_mode = 'force_generic_plan' set enable_nestloop = 'on'
  set enable_seqscan = 'off' set jit = 'off' as $$
begin
  if exists (
    select from unnest(reversal_ids) as given (id)
    left join lateral (
      select journal_entries.expense_id, journal_entries.reverses_entry_id, journal_entries.effective_date,
        journal_entries.currency, journal_entries.amount_minor, journal_entries.rate, journal_entries.rate_source,
        journal_entries.rate_date
      from journal_entries
      where journal_entries.tenant_id = tenant and journal_entries.recorded_at = now() and journal_entries.id = given.id
      offset 0
    ) as reversal on true
    left join lateral (
      select expenses.entry_recorded_at as recorded_at from expenses
      where expenses.tenant_id = tenant and expenses.id = reversal.expense_id
        and expenses.entry_id = reversal.reverses_entry_id
      union all
      select journal_entries.recorded_at from journal_entries
      where reversal.expense_id is null and journal_entries.tenant_id = tenant
        and journal_entries.id = reversal.reverses_entry_id and journal_entries.kind = 'opening'
      offset 0
    ) as place on true
    left join lateral (
      select journal_entries.id from journal_entries
      where journal_entries.tenant_id = tenant and journal_entries.recorded_at = place.recorded_at
        and journal_entries.id = reversal.reverses_entry_id and journal_entries.kind <> 'reversal'
        and journal_entries.expense_id is not distinct from reversal.expense_id
        and journal_entries.effective_date = reversal.effective_date
        and journal_entries.currency = reversal.currency and journal_entries.amount_minor = reversal.amount_minor
        and journal_entries.rate = reversal.rate and journal_entries.rate_source = reversal.rate_source
        and journal_entries.rate_date = reversal.rate_date
      offset 0
    ) as entry on true
    where entry.id is null or (
      select array_agg(
        (postings.line, postings.ledger_account_id, postings.currency, postings.amount_minor) order by postings.line
      )
      from postings
      where postings.tenant_id = tenant and postings.recorded_at = now() and postings.entry_id = given.id
    ) is distinct from (
      select array_agg(
        (postings.line, postings.ledger_account_id, postings.currency, -postings.amount_minor) order by postings.line
      )
      from postings
      where postings.tenant_id = tenant and postings.recorded_at = place.recorded_at and postings.entry_id = entry.id
    )
  ) then
    raise exception 'each reversal must be the exact opposite of an entry in force'
      using errcode = 'check_violation', constraint = 'reversal_is_exact';
  end if;
end
$$;

-- The other half: an entry has postings, which the trigger above has looked at; and an entry is reversed once, exactly.
create function refuse_bare_entries() returns trigger
language plpgsql set search_path from current set plan_cache_mode = 'force_generic_plan' set enable_nestloop = 'off'
  set enable_seqscan = 'off' as $$
declare
  tenant uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
  entry_ids uuid[];
  are_own boolean;
  have_reversals boolean;
begin
  select array_agg(entered.id), bool_and(entered.tenant_id is not distinct from tenant),
    bool_or(entered.kind = 'reversal')
  into entry_ids, are_own, have_reversals
  from new_entries as entered;
  if entry_ids is null then
    return null;
  end if;
  if not are_own
    or cardinality(entry_ids) <> (
      select count(*)
      from unnest(entry_ids) as entered (id)
      where exists (
        select from postings
        where postings.tenant_id = tenant and postings.recorded_at = now() and postings.entry_id = entered.id
      )
    )
  then
    raise exception 'each journal entry needs two postings or more that sum to zero in each currency'
      using errcode = 'check_violation', constraint = 'journal_is_balanced';
  end if;
  if have_reversals then
    insert into reversals (tenant_id, entry_id, reversal_id, recorded_at)
    select entered.tenant_id, entered.reverses_entry_id, entered.id, entered.recorded_at
    from new_entries as entered
    where entered.kind = 'reversal';
    perform refuse_inexact_reversals(
      tenant, (select array_agg(entered.id) from new_entries as entered where entered.kind = 'reversal')
    );
  end if;
  return null;
end
$$;
create trigger journal_is_balanced after insert on journal_entries
  referencing new table as new_entries for each statement execute function refuse_bare_entries();

-- Down Migration

select set_config('search_path', format('%I, pg_temp', current_schema()), true);

drop trigger journal_is_balanced on journal_entries;
drop trigger journal_is_balanced on postings;
drop function refuse_bare_entries();
drop function refuse_inexact_reversals(uuid, uuid[]);
drop function refuse_unbalanced_postings();
drop table reversals;

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
