-- Up Migration

select set_config('search_path', format('%I, pg_temp', current_schema()), true);

-- One seal for each journal entry, in the order of sealing: a chain per tenant that shows whether anything of the
-- journal was changed afterwards. docs/journal-seals.md defines each byte. Not by month: a sequence is unique over all
-- months, and a chain is never cut.
create table journal_seals (
  tenant_id uuid not null,
  -- From 1, without gaps.
  sequence bigint not null check (sequence > 0),
  entry_id uuid not null,
  entry_recorded_at timestamptz not null,
  entry_hash bytea not null,
  -- That of the seal before; 32 zero bytes in the first.
  previous_hash bytea not null,
  hash bytea not null,
  sealed_at timestamptz not null,
  -- Which key has signed the hash; null where a later seal's signature stands for this one too.
  key_id text,
  signature bytea,
  primary key (tenant_id, sequence),
  check ((key_id is null) = (signature is null))
);
-- An entry is sealed once, whoever and however many work on it.
create unique index journal_seals_entry_key on journal_seals (tenant_id, entry_recorded_at, entry_id);
call protect_tenant_table('journal_seals', 'select, insert');

-- How far each chain has got. Whoever lengthens it holds this row; and it remembers seals that were cut off since.
create table journal_chains (
  tenant_id uuid primary key,
  sequence bigint not null default 0,
  hash bytea not null default decode(repeat('00', 32), 'hex')
);
call protect_tenant_table('journal_chains', 'select, insert, update');

-- The instants whose entries wait for their seals: a row for each statement that wrote entries, committed with them. So
-- what commits late shows up late and is not missed, and nobody searches the journal for what is new.
create table journal_unsealed (
  tenant_id uuid not null,
  id bigint generated always as identity,
  recorded_at timestamptz not null,
  entry_count integer not null,
  primary key (tenant_id, id)
)
-- As small as the backlog, and written as often as the journal.
with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- What is in the journal already, oldest first. The owner sees all tenants for as long as this takes; and writes for all,
-- which is why the table is protected only then.
alter table journal_entries no force row level security;
insert into journal_unsealed (tenant_id, recorded_at, entry_count)
select journal_entries.tenant_id, journal_entries.recorded_at, count(*)
from journal_entries
group by journal_entries.tenant_id, journal_entries.recorded_at
order by journal_entries.tenant_id, journal_entries.recorded_at;
alter table journal_entries force row level security;

call protect_tenant_table('journal_unsealed', 'select, insert, delete');
-- Whose turn it is, is asked across tenants.
call grant_system('journal_unsealed', 'select (tenant_id)');

-- As before, and what was written waits for its seal from then on. Not a trigger of its own: each costs ten microseconds.
create or replace function refuse_bare_entries() returns trigger
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
  insert into journal_unsealed (tenant_id, recorded_at, entry_count)
  values (tenant, now(), cardinality(entry_ids));
  return null;
end
$$;

-- Down Migration

select set_config('search_path', format('%I, pg_temp', current_schema()), true);

create or replace function refuse_bare_entries() returns trigger
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

drop table journal_unsealed;
drop table journal_chains;
drop table journal_seals;
