-- Up Migration

select set_config('search_path', format('%I, pg_temp', current_schema()), true);

-- Who is refused is told what others have reserved in each project (reserve_usage); the primary key has the import first.
create index usage_reservations_by_scope on usage_reservations (tenant_id, metric, scope_id);

-- The lock of the names against all who make or rename accounts and projects, until the transaction ends. A file that makes such
-- holds it with them for as long as a batch takes, and who stood in the queue behind that would keep out all who come later. So
-- it is tried without standing there for five seconds, and only then waited for, lest it never be had.
create function lock_names(of_tenant uuid) returns void
language plpgsql set search_path from current as $$
declare
  queues_at constant timestamptz := clock_timestamp() + interval '5 seconds';
begin
  while not pg_try_advisory_xact_lock(names_lock(of_tenant)) loop
    if clock_timestamp() >= queues_at then
      perform pg_advisory_xact_lock(names_lock(of_tenant));
      return;
    end if;
    -- Two that try do not keep step.
    perform pg_sleep(0.01 + 0.02 * random());
  end loop;
end
$$;

-- As before, by lock_names, and an import that may make nothing is not going to: it needs no places for what is not there.
create or replace function bind_names(of_tenant uuid, of_import uuid) returns jsonb
language plpgsql set search_path from current as $$
declare
  makes_them constant boolean := (
    select imports.makes_references from imports where imports.tenant_id = of_tenant and imports.id = of_import
  );
begin
  perform lock_names(of_tenant);
  insert into import_names (tenant_id, import_id, kind, name, account_id, project_id, places)
  select named.tenant_id, named.import_id, named.kind, named.name,
    case when named.kind = 'account' then (
      select accounts.id from accounts
      where accounts.tenant_id = of_tenant and accounts.name = named.name and accounts.archived_at is null
      for key share
    ) end,
    case when named.kind = 'project' then (
      select projects.id from projects
      where projects.tenant_id = of_tenant and projects.name = named.name and projects.archived_at is null
      for key share
    ) end,
    case when named.kind = 'project' then coalesce(seen.expenses, 0) else 0 end
  from import_references as named
  left join (
    select counted.name, sum(counted.expenses::bigint) as expenses
    from import_looks as looks
    cross join lateral jsonb_each_text(looks.projects) as counted (name, expenses)
    where looks.tenant_id = of_tenant and looks.import_id = of_import
    group by counted.name
  ) as seen on seen.name = named.name
  where named.tenant_id = of_tenant and named.import_id = of_import and named.kind in ('account', 'project');
  if not makes_them then
    update import_names as names
    set places = 0
    where names.tenant_id = of_tenant and names.import_id = of_import and names.project_id is null and names.places > 0;
  end if;
  return (
    select jsonb_build_object(
      'accounts', count(*) filter (where makes_them and names.kind = 'account' and names.account_id is null),
      'projects', count(*) filter (where makes_them and names.kind = 'project' and names.project_id is null),
      'expenses_per_project', coalesce(sum(names.places), 0)
    )
    from import_names as names
    where names.tenant_id = of_tenant and names.import_id = of_import
  );
end
$$;

-- As before, by lock_names.
create or replace function release_usage() returns trigger
language plpgsql set search_path from current as $$
declare
  of_metric text;
  unused record;
begin
  -- Who is just making what was not made would count while they wait for its name.
  if exists (
    select from import_names as names
    where names.tenant_id = new.tenant_id and names.import_id = new.id and names.account_id is null
      and names.project_id is null
  ) then
    perform lock_names(new.tenant_id);
  end if;
  delete from import_names as names where names.tenant_id = new.tenant_id and names.import_id = new.id;
  delete from import_looks as looks where looks.tenant_id = new.tenant_id and looks.import_id = new.id;
  foreach of_metric in array array['accounts', 'projects', 'expenses_per_project', 'expenses_total'] loop
    for unused in
      with released as (
        delete from usage_reservations as reservations
        where reservations.tenant_id = new.tenant_id and reservations.import_id = new.id
          and reservations.metric = of_metric
        returning reservations.scope_id, reservations.places
      )
      select released.scope_id, released.places from released where released.places > 0 order by released.scope_id
    loop
      perform count_usage(new.tenant_id, of_metric, unused.scope_id, -unused.places);
    end loop;
  end loop;
  return null;
end
$$;

-- As before, but not for imports that may make nothing: they hold no places of what was not there when their names were noted.
create or replace function name_for_imports() returns trigger
language plpgsql set search_path from current as $$
declare
  held record;
begin
  for held in
    with made as materialized (
      -- Each by a lookup (offset 0), however few the planner takes them to be.
      select wanted.ctid, new_rows.id
      from new_rows
      cross join lateral (
        select import_names.ctid from import_names
        where import_names.tenant_id = new_rows.tenant_id and import_names.kind = tg_argv[0]
          and import_names.name = new_rows.name and import_names.account_id is null and import_names.project_id is null
          and exists (
            select from imports
            where imports.tenant_id = import_names.tenant_id and imports.id = import_names.import_id
              and imports.makes_references
          )
        offset 0
      ) as wanted
      where new_rows.archived_at is null
    ), named as (
      update import_names as names
      set account_id = case tg_argv[0] when 'account' then made.id end,
        project_id = case tg_argv[0] when 'project' then made.id end
      from made
      where names.ctid = made.ctid
      returning names.tenant_id, names.import_id, names.project_id, names.places
    ), reserved as (
      insert into usage_reservations (tenant_id, import_id, metric, scope_id, places)
      select named.tenant_id, named.import_id, 'expenses_per_project', named.project_id, named.places
      from named
      where named.places > 0
      on conflict (tenant_id, import_id, metric, scope_id) do update
      set places = usage_reservations.places + excluded.places
    )
    select named.tenant_id, named.project_id, sum(named.places)::bigint as places
    from named
    where named.places > 0
    group by named.tenant_id, named.project_id
    order by named.project_id
  loop
    if tg_op = 'INSERT' then
      -- Not refused by a smaller plan that has come meanwhile: what is reserved is kept.
      insert into usage_counters (tenant_id, metric, scope_id, slot, used, room, is_soft)
      values (held.tenant_id, 'expenses_per_project', held.project_id, 0, held.places, 0, false);
      perform share_out_usage(held.tenant_id, 'expenses_per_project', held.project_id, 0);
    else
      perform share_out_usage(held.tenant_id, 'expenses_per_project', held.project_id, held.places);
    end if;
  end loop;
  return null;
end
$$;

-- Down Migration

select set_config('search_path', format('%I, pg_temp', current_schema()), true);

create or replace function name_for_imports() returns trigger
language plpgsql set search_path from current as $$
declare
  held record;
begin
  for held in
    with made as materialized (
      -- Each by a lookup (offset 0), however few the planner takes them to be.
      select wanted.ctid, new_rows.id
      from new_rows
      cross join lateral (
        select import_names.ctid from import_names
        where import_names.tenant_id = new_rows.tenant_id and import_names.kind = tg_argv[0]
          and import_names.name = new_rows.name and import_names.account_id is null and import_names.project_id is null
        offset 0
      ) as wanted
      where new_rows.archived_at is null
    ), named as (
      update import_names as names
      set account_id = case tg_argv[0] when 'account' then made.id end,
        project_id = case tg_argv[0] when 'project' then made.id end
      from made
      where names.ctid = made.ctid
      returning names.tenant_id, names.import_id, names.project_id, names.places
    ), reserved as (
      insert into usage_reservations (tenant_id, import_id, metric, scope_id, places)
      select named.tenant_id, named.import_id, 'expenses_per_project', named.project_id, named.places
      from named
      where named.places > 0
      on conflict (tenant_id, import_id, metric, scope_id) do update
      set places = usage_reservations.places + excluded.places
    )
    select named.tenant_id, named.project_id, sum(named.places)::bigint as places
    from named
    where named.places > 0
    group by named.tenant_id, named.project_id
    order by named.project_id
  loop
    if tg_op = 'INSERT' then
      -- Not refused by a smaller plan that has come meanwhile: what is reserved is kept.
      insert into usage_counters (tenant_id, metric, scope_id, slot, used, room, is_soft)
      values (held.tenant_id, 'expenses_per_project', held.project_id, 0, held.places, 0, false);
      perform share_out_usage(held.tenant_id, 'expenses_per_project', held.project_id, 0);
    else
      perform share_out_usage(held.tenant_id, 'expenses_per_project', held.project_id, held.places);
    end if;
  end loop;
  return null;
end
$$;

create or replace function bind_names(of_tenant uuid, of_import uuid) returns jsonb
language plpgsql set search_path from current as $$
begin
  perform pg_advisory_xact_lock(names_lock(of_tenant));
  insert into import_names (tenant_id, import_id, kind, name, account_id, project_id, places)
  select named.tenant_id, named.import_id, named.kind, named.name,
    case when named.kind = 'account' then (
      select accounts.id from accounts
      where accounts.tenant_id = of_tenant and accounts.name = named.name and accounts.archived_at is null
      for key share
    ) end,
    case when named.kind = 'project' then (
      select projects.id from projects
      where projects.tenant_id = of_tenant and projects.name = named.name and projects.archived_at is null
      for key share
    ) end,
    case when named.kind = 'project' then coalesce(seen.expenses, 0) else 0 end
  from import_references as named
  left join (
    select counted.name, sum(counted.expenses::bigint) as expenses
    from import_looks as looks
    cross join lateral jsonb_each_text(looks.projects) as counted (name, expenses)
    where looks.tenant_id = of_tenant and looks.import_id = of_import
    group by counted.name
  ) as seen on seen.name = named.name
  where named.tenant_id = of_tenant and named.import_id = of_import and named.kind in ('account', 'project');
  return (
    select jsonb_build_object(
      'accounts', count(*) filter (where names.kind = 'account' and names.account_id is null),
      'projects', count(*) filter (where names.kind = 'project' and names.project_id is null),
      'expenses_per_project', coalesce(sum(names.places), 0)
    )
    from import_names as names
    where names.tenant_id = of_tenant and names.import_id = of_import
  );
end
$$;

create or replace function release_usage() returns trigger
language plpgsql set search_path from current as $$
declare
  of_metric text;
  unused record;
begin
  -- Who is just making what was not made would count while they wait for its name.
  if exists (
    select from import_names as names
    where names.tenant_id = new.tenant_id and names.import_id = new.id and names.account_id is null
      and names.project_id is null
  ) then
    perform pg_advisory_xact_lock(names_lock(new.tenant_id));
  end if;
  delete from import_names as names where names.tenant_id = new.tenant_id and names.import_id = new.id;
  delete from import_looks as looks where looks.tenant_id = new.tenant_id and looks.import_id = new.id;
  foreach of_metric in array array['accounts', 'projects', 'expenses_per_project', 'expenses_total'] loop
    for unused in
      with released as (
        delete from usage_reservations as reservations
        where reservations.tenant_id = new.tenant_id and reservations.import_id = new.id
          and reservations.metric = of_metric
        returning reservations.scope_id, reservations.places
      )
      select released.scope_id, released.places from released where released.places > 0 order by released.scope_id
    loop
      perform count_usage(new.tenant_id, of_metric, unused.scope_id, -unused.places);
    end loop;
  end loop;
  return null;
end
$$;

drop function lock_names(uuid);
drop index usage_reservations_by_scope;
