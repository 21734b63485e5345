-- Up Migration

-- The functions below keep this search_path. With pg_temp named last, a service cannot slip a temporary table
-- under a function that runs with the owner's rights.
select set_config('search_path', format('%I, pg_temp', current_schema()), true);

-- Creates the partition of each month from `since` on, for every table of this schema that is partitioned by range
-- of recorded_at: the month of `since` and the three after it. Months are those of UTC. Answers the names made.
--
-- A partition is created apart and then attached: attaching takes a lock that lets reads and writes go on, while
-- `create table ... partition of` would stop them. It gets its parent's row-level security, so that a partition
-- named directly shows no more than its parent does. Security definer, as services own nothing.
--
-- Rows of the month that lie in the default partition move into the new one, as it could not be attached otherwise.
-- They are of all tenants, so the owner sees the default partition whole for as long as that takes; nobody else can
-- reach it meanwhile, as it is locked until the transaction ends, which attaching would do too.
create function ensure_month_partitions(since timestamptz)
returns setof text
language plpgsql security definer set search_path from current as $$
declare
  parent record;
  month timestamp;
  partition_name text;
  columns text;
begin
  -- Replicas start together; the second finds the work done.
  perform pg_advisory_xact_lock(hashtextextended('month partitions of ' || current_schema(), 0));
  for parent in
    select class.oid::regclass as name, class.relname, policy.polname is not null as is_tenant_table,
      nullif(partitioned.partdefid, 0)::regclass as default_partition
    from pg_class as class
    join pg_partitioned_table as partitioned on partitioned.partrelid = class.oid and partitioned.partstrat = 'r'
    left join pg_policy as policy on policy.polrelid = class.oid and policy.polname = 'tenant_isolation'
    where class.relnamespace = current_schema()::regnamespace
      and pg_get_partkeydef(class.oid) = 'RANGE (recorded_at)'
    order by class.relname
  loop
    for month in
      select generate_series(
        date_trunc('month', since at time zone 'UTC'),
        date_trunc('month', since at time zone 'UTC') + interval '3 months',
        interval '1 month'
      )
    loop
      partition_name := parent.relname || '_' || to_char(month, 'YYYYMM');
      continue when to_regclass(format('%I', partition_name)) is not null;
      -- Identity stays with the parent: a partition with one of its own could not be attached.
      execute format(
        'create table %I (like %s including all excluding identity excluding indexes)', partition_name, parent.name
      );
      if parent.default_partition is not null then
        -- The parent first, in the order that all who lock both keep to.
        execute format('lock table only %s in share update exclusive mode', parent.name);
        execute format('alter table %s no force row level security', parent.default_partition);
        select string_agg(quote_ident(attribute.attname), ', ' order by attribute.attnum) into columns
        from pg_attribute as attribute
        where attribute.attrelid = parent.name and attribute.attnum > 0
          and not attribute.attisdropped and attribute.attgenerated = '';
        execute format(
          'with moved as (delete from %1$s where recorded_at >= %2$L and recorded_at < %3$L returning %4$s)'
          ' insert into %5$I (%4$s) select %4$s from moved',
          parent.default_partition, month at time zone 'UTC', (month + interval '1 month') at time zone 'UTC',
          columns, partition_name
        );
        execute format('alter table %s force row level security', parent.default_partition);
      end if;
      execute format('alter table %I enable row level security', partition_name);
      execute format('alter table %I force row level security', partition_name);
      if parent.is_tenant_table then
        execute format(
          'create policy tenant_isolation on %I'
          ' using (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)'
          ' with check (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)',
          partition_name
        );
      end if;
      execute format(
        'alter table %s attach partition %I for values from (%L) to (%L)',
        parent.name, partition_name, month at time zone 'UTC', (month + interval '1 month') at time zone 'UTC'
      );
      return next partition_name;
    end loop;
  end loop;
end
$$;

do $$
begin
  revoke execute on function ensure_month_partitions(timestamptz) from public;
  execute format('grant execute on function ensure_month_partitions(timestamptz) to %I', 'outlay_' || current_schema());
end
$$;

-- Makes the first partitions of a table that was created with `partition by range (recorded_at)`. Later ones come
-- from ensure_month_partitions, which services call at start and daily.
create procedure partition_by_month(table_name text)
language plpgsql set search_path from current as $$
begin
  if not exists (
    select from pg_partitioned_table as partitioned
    where partitioned.partrelid = table_name::regclass
      and pg_get_partkeydef(partitioned.partrelid) = 'RANGE (recorded_at)'
  ) then
    raise exception 'table % is not partitioned by range (recorded_at)', table_name;
  end if;
  perform ensure_month_partitions(now());
end
$$;

-- Down Migration

drop procedure partition_by_month(text);
drop function ensure_month_partitions(timestamptz);
