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
begin
  select array_agg(posted.entry_id), sum(posted.line_count),
    coalesce(bool_and(posted.line_count >= 2 and posted.is_balanced and posted.is_own), false)
  into entry_ids, line_count, is_sound
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

-- The other half: an entry has postings, which the trigger above has looked at; and an entry is reversed once.
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
