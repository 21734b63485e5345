-- Up Migration

-- The helpers by which every later migration protects its tables, so that the rules of tenancy stand in one place.
-- They act in the schema they were made in: `set search_path from current` pins the migrating search_path.
-- The service's roles follow from the schema's name: outlay_<schema> logs in, outlay_<schema>_system is taken on
-- by `set local role` for the few tasks that cross tenants.

-- Forces row-level security on a table with tenant_id: a row is visible and writable under its own tenant alone.
create procedure protect_tenant_table(table_name text, privileges text default 'select, insert, update, delete')
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

-- Forces row-level security on a table of the whole platform (no tenant_id), open to the service's roles alone.
create procedure protect_global_table(table_name text, privileges text default 'select, insert, update, delete')
language plpgsql set search_path from current as $$
begin
  execute format('alter table %I enable row level security', table_name);
  execute format('alter table %I force row level security', table_name);
  execute format('drop policy if exists platform_wide on %I', table_name);
  execute format(
    'create policy platform_wide on %I to %I, %I using (true) with check (true)',
    table_name, 'outlay_' || current_schema(), 'outlay_' || current_schema() || '_system'
  );
  execute format('grant %s on %I to %I', privileges, table_name, 'outlay_' || current_schema());
end
$$;

-- Lets the system role work on a table across tenants, with the named privileges only.
create procedure grant_system(table_name text, privileges text)
language plpgsql set search_path from current as $$
declare
  system_role text := 'outlay_' || current_schema() || '_system';
begin
  execute format('drop policy if exists system_access on %I', table_name);
  execute format('create policy system_access on %I to %I using (true) with check (true)', table_name, system_role);
  execute format('grant %s on %I to %I', privileges, table_name, system_role);
end
$$;

do $$
begin
  execute format(
    'grant usage on schema %I to %I, %I',
    current_schema(), 'outlay_' || current_schema(), 'outlay_' || current_schema() || '_system'
  );
end
$$;

-- Down Migration

do $$
begin
  execute format(
    'revoke usage on schema %I from %I, %I',
    current_schema(), 'outlay_' || current_schema(), 'outlay_' || current_schema() || '_system'
  );
end
$$;
drop procedure grant_system(text, text);
drop procedure protect_global_table(text, text);
drop procedure protect_tenant_table(text, text);
