-- Up Migration

-- Events that were decided but may not have reached the bus yet, written in the transaction of the command. A relay
-- publishes them in the order of seq and then sets published_at. seq is an order for the relay and nothing to
-- resume from: rows become visible in the order of their commits, not of their seq.
create table outbox (
  tenant_id uuid not null,
  id uuid not null,
  seq bigint generated always as identity,
  recorded_at timestamptz not null default now(),
  type text not null,
  subject text not null,
  aggregate_version bigint not null,
  envelope jsonb not null,
  published_at timestamptz,
  primary key (tenant_id, id, recorded_at)
) partition by range (recorded_at);
-- All that a relay reads; it stays as small as the backlog.
create index outbox_unpublished on outbox (seq) where published_at is null;
call protect_tenant_table('outbox', 'select, insert');
call grant_system('outbox', 'select, update');
call partition_by_month('outbox');

-- Which event was handled for which queue: the row is written in the transaction that handles the event, so a repetition
-- finds it and does nothing. recorded_at is the event's own time, which is the same in every repetition; a time of
-- arrival would let the same event in twice.
create table inbox (
  tenant_id uuid not null,
  queue text not null,
  event_id uuid not null,
  recorded_at timestamptz not null,
  handled_at timestamptz not null default now(),
  primary key (tenant_id, queue, event_id, recorded_at)
) partition by range (recorded_at);
-- For events older than this schema, of which there are few: those that waited for a consumer that is new.
create table inbox_default partition of inbox default;
call protect_tenant_table('inbox', 'select, insert');
call grant_system('inbox', 'select, delete');
call partition_by_month('inbox');

-- Drops the months of inbox or outbox that ended before the given time; answers their names. Security definer, as
-- services own nothing; with pg_temp last, no temporary table can stand in for a real one.
select set_config('search_path', format('%I, pg_temp', current_schema()), true);
create function drop_month_partitions(table_name text, before timestamptz)
returns setof text
language plpgsql security definer set search_path from current as $$
declare
  partition_name text;
begin
  if table_name not in ('inbox', 'outbox') then
    raise exception 'partitions of % are kept for good', table_name;
  end if;
  for partition_name in
    select partition.relname
    from pg_inherits as inheritance
    join pg_class as partition on partition.oid = inheritance.inhrelid
    where inheritance.inhparent = table_name::regclass and partition.relname ~ '_[0-9]{6}$'
    order by partition.relname
  loop
    continue when
      (to_date(right(partition_name, 6), 'YYYYMM') + interval '1 month') at time zone 'UTC' > before;
    execute format('drop table %I', partition_name);
    return next partition_name;
  end loop;
end
$$;
do $$
begin
  revoke execute on function drop_month_partitions(text, timestamptz) from public;
  execute format(
    'grant execute on function drop_month_partitions(text, timestamptz) to %I',
    'outlay_' || current_schema() || '_system'
  );
end
$$;

-- Down Migration

drop function drop_month_partitions(text, timestamptz);
drop table inbox;
drop table outbox;
