-- Up Migration

select set_config('search_path', format('%I, pg_temp', current_schema()), true);

-- The audit trail is sealed as the journal is (0103), in a chain of its own: one seal for each group of entries, those that
-- one statement has written. docs/journal-seals.md defines each byte. A seal holds what it takes to name the one entry
-- of its group that was changed.
create table audit_seals (
  tenant_id uuid not null,
  -- From 1, without gaps.
  sequence bigint not null check (sequence > 0),
  -- That of each entry of the group.
  recorded_at timestamptz not null,
  -- Few enough for nobody to have to look at many at once.
  entry_count integer not null check (entry_count between 1 and 1000),
  entry_ids uuid[] not null check (cardinality(entry_ids) = entry_count),
  -- 32 bytes for each entry, in the order of their ids; zeros where the entry was gone before it was sealed.
  entry_hashes bytea not null check (octet_length(entry_hashes) = 32 * entry_count),
  group_hash bytea not null,
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
-- Ids and hashes are as good as random: compressing them takes time and gains nothing.
alter table audit_seals alter column entry_ids set storage external, alter column entry_hashes set storage external;
-- Finds the groups that an entry can be in.
create index audit_seals_recorded_at on audit_seals (tenant_id, recorded_at);
call protect_tenant_table('audit_seals', 'select, insert');

-- How far each chain has got. Whoever lengthens it holds this row; and it remembers seals that were cut off since.
create table audit_chains (
  tenant_id uuid primary key,
  sequence bigint not null default 0,
  hash bytea not null default decode(repeat('00', 32), 'hex')
);
call protect_tenant_table('audit_chains', 'select, insert, update');

-- The groups that wait for their seals, committed with their entries. They name them, as nothing else leads to the entries of
-- an instant.
create table audit_unsealed (
  tenant_id uuid not null,
  id bigint generated always as identity,
  recorded_at timestamptz not null,
  entry_count integer not null,
  entry_ids uuid[] not null,
  primary key (tenant_id, id)
)
-- As small as the backlog, and written as often as the audit trail.
with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
alter table audit_unsealed alter column entry_ids set storage external;

-- What is in the audit trail already, oldest first, in pieces of what a seal has. The owner sees all tenants for as long as this takes; and writes for all,
-- which is why the table is protected only then.
alter table audit_entries no force row level security;
insert into audit_unsealed (tenant_id, recorded_at, entry_count, entry_ids)
select placed.tenant_id, placed.recorded_at, count(*), array_agg(placed.id order by placed.id)
from (
  select audit_entries.tenant_id, audit_entries.recorded_at, audit_entries.id,
    (row_number() over (
      partition by audit_entries.tenant_id, audit_entries.recorded_at order by audit_entries.id
    ) - 1) / 1000 as piece
  from audit_entries
) as placed
group by placed.tenant_id, placed.recorded_at, placed.piece
order by placed.tenant_id, placed.recorded_at, placed.piece;
alter table audit_entries force row level security;

call protect_tenant_table('audit_unsealed', 'select, insert, delete');
-- Whose turn it is, is asked across tenants.
call grant_system('audit_unsealed', 'select (tenant_id)');

-- Once for each statement, and little work, as whoever writes waits for it. What is too large for a seal is cut when it is sealed.
create function queue_audit_entries() returns trigger
language plpgsql set search_path from current as $$
begin
  insert into audit_unsealed (tenant_id, recorded_at, entry_count, entry_ids)
  select written.tenant_id, written.recorded_at, count(*), array_agg(written.id order by written.id)
  from new_entries as written
  group by written.tenant_id, written.recorded_at;
  return null;
end
$$;
create trigger audit_entries_are_queued after insert on audit_entries
  referencing new table as new_entries for each statement execute function queue_audit_entries();

-- Down Migration

select set_config('search_path', format('%I, pg_temp', current_schema()), true);

drop trigger audit_entries_are_queued on audit_entries;
drop function queue_audit_entries();
drop table audit_unsealed;
drop table audit_chains;
drop table audit_seals;
