-- Up Migration

-- The tenant of a statement is asked for once and no longer for each row: as a query of its own it becomes an InitPlan.
-- Reading the setting and making a uuid of its text was a fifth of what PostgreSQL computed for a row of an import.
create procedure keep_by_tenant(relation regclass)
language plpgsql set search_path from current as $$
begin
  execute format('drop policy if exists tenant_isolation on %s', relation);
  execute format(
    'create policy tenant_isolation on %1$s using (tenant_id = (%2$s)) with check (tenant_id = (%2$s))',
    relation, 'select nullif(current_setting(''app.tenant_id'', true), '''')::uuid'
  );
end
$$;

-- As before, but for the policy.
create or replace procedure protect_tenant_table(table_name text, privileges text default 'select, insert, update, delete')
language plpgsql set search_path from current as $$
declare
  partition regclass;
begin
  if not exists (
    select from pg_attribute as attribute
    where attribute.attrelid = table_name::regclass and attribute.attname = 'tenant_id' and attribute.attnotnull
  ) then
    raise exception 'table % has no column tenant_id that is not null', table_name;
  end if;
  -- pg_partition_tree also names the table itself; for a table that is not partitioned it names nothing.
  for partition in
    select table_name::regclass union select tree.relid from pg_partition_tree(table_name::regclass) as tree
  loop
    execute format('alter table %s enable row level security', partition);
    execute format('alter table %s force row level security', partition);
    call keep_by_tenant(partition);
  end loop;
  -- Partitions get no grants: rows are reached through the parent, where privileges are checked.
  execute format('grant %s on %I to %I', privileges, table_name, 'outlay_' || current_schema());
end
$$;

-- The functions below keep this search_path.
select set_config('search_path', format('%I, pg_temp', current_schema()), true);

-- As before, but for the policy.
create or replace function ensure_month_partitions(since timestamptz)
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
        call keep_by_tenant(partition_name::regclass);
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
declare
  relation regclass;
begin
  for relation in
    select policy.polrelid from pg_policy as policy
    join pg_class as class on class.oid = policy.polrelid
    where class.relnamespace = current_schema()::regnamespace and policy.polname = 'tenant_isolation'
    order by class.relname
  loop
    call keep_by_tenant(relation);
  end loop;
end
$$;

-- Down Migration

create or replace procedure protect_tenant_table(table_name text, privileges text default 'select, insert, update, delete')
language plpgsql set search_path from current as $$
declare
  partition regclass;
begin
  if not exists (
    select from pg_attribute as attribute
    where attribute.attrelid = table_name::regclass and attribute.attname = 'tenant_id' and attribute.attnotnull
  ) then
    raise exception 'table % has no column tenant_id that is not null', table_name;
  end if;
  -- pg_partition_tree also names the table itself; for a table that is not partitioned it names nothing.
  for partition in
    select table_name::regclass union select tree.relid from pg_partition_tree(table_name::regclass) as tree
  loop
    execute format('alter table %s enable row level security', partition);
    execute format('alter table %s force row level security', partition);
    execute format('drop policy if exists tenant_isolation on %s', partition);
    execute format(
      'create policy tenant_isolation on %s'
      ' using (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)'
      ' with check (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)',
      partition
    );
  end loop;
  -- Partitions get no grants: rows are reached through the parent, where privileges are checked.
  execute format('grant %s on %I to %I', privileges, table_name, 'outlay_' || current_schema());
end
$$;

do $$
declare
  relation regclass;
begin
  for relation in
    select policy.polrelid from pg_policy as policy
    join pg_class as class on class.oid = policy.polrelid
    where class.relnamespace = current_schema()::regnamespace and policy.polname = 'tenant_isolation'
    order by class.relname
  loop
    execute format(
      'alter policy tenant_isolation on %s'
      ' using (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)'
      ' with check (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)',
      relation
    );
  end loop;
end
$$;
drop procedure keep_by_tenant(regclass);

select set_config('search_path', format('%I, pg_temp', current_schema()), true);

create or replace function ensure_month_partitions(since timestamptz)
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
