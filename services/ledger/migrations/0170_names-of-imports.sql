-- Up Migration

select set_config('search_path', format('%I, pg_temp', current_schema()), true);

-- An import under way makes no more than was counted when its places were reserved, whatever becomes of what is there: its rows
-- keep the fates that they had then, and its names mean what they meant then. docs/adr/0020 has the reasons.

-- What was seen of the rows of a file, by batches of the look.
create table import_looks (
  tenant_id uuid not null,
  import_id uuid not null,
  -- Rows of the file before it.
  start integer not null,
  -- Rows that are not to be booked, though they could be one day: as import_rows has them, and why.
  fates jsonb not null,
  -- How many rows are to be booked to each project: {"<name>": 3}.
  projects jsonb not null,
  primary key (tenant_id, import_id, start),
  foreign key (tenant_id, import_id) references imports (tenant_id, id)
);
call protect_tenant_table('import_looks');

-- What the accounts and projects that a file names are, while it is booked. What is not there yet has no id; whoever makes one
-- of that name, makes it for the import too. What an import names is not removed, but archived.
create table import_names (
  tenant_id uuid not null,
  import_id uuid not null,
  kind text not null check (kind in ('account', 'project')),
  name text not null,
  account_id uuid check (account_id is null or kind = 'account'),
  project_id uuid check (project_id is null or kind = 'project'),
  -- Expenses in a project that a hard limit counts and that is still to be made: they become reservations when it is.
  places bigint not null default 0 check (places >= 0),
  -- By name first, as whoever makes something asks for whom.
  primary key (tenant_id, kind, name, import_id),
  foreign key (tenant_id, import_id) references imports (tenant_id, id),
  foreign key (tenant_id, account_id) references accounts (tenant_id, id),
  foreign key (tenant_id, project_id) references projects (tenant_id, id)
);
create index import_names_by_account on import_names (tenant_id, account_id) where account_id is not null;
create index import_names_by_project on import_names (tenant_id, project_id) where project_id is not null;
call protect_tenant_table('import_names');

-- Expenses of a project are reserved by project.
alter table usage_reservations
  add column scope_id uuid not null default '00000000-0000-0000-0000-000000000000',
  drop constraint usage_reservations_pkey,
  add primary key (tenant_id, import_id, metric, scope_id),
  drop constraint usage_reservations_metric_check,
  add constraint usage_reservations_metric_check
    check (metric in ('accounts', 'expenses_per_project', 'expenses_total', 'projects'));

-- Held by those who make or rename accounts and projects against those who note which there are, so that these know of all.
create function names_lock(of_tenant uuid) returns bigint
language sql immutable as $$
  select hashtextextended('names of ' || of_tenant::text, 0)
$$;

create function hold_names() returns trigger
language plpgsql set search_path from current as $$
begin
  perform pg_advisory_xact_lock_shared(names_lock(nullif(current_setting('app.tenant_id', true), '')::uuid));
  return null;
end
$$;
-- Before anything is counted, as whoever notes the names counts then.
create trigger names_are_held before insert or update of name, archived_at on accounts
  for each statement execute function hold_names();
create trigger names_are_held before insert or update of name, archived_at on projects
  for each statement execute function hold_names();

-- Notes what the accounts and projects are that rows of an import name, to be kept until it ends. Answers what it is going to
-- make of each metric, and how many expenses it is going to book to projects: {"accounts", "expenses_per_project", "projects"}.
create function bind_names(of_tenant uuid, of_import uuid) returns jsonb
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

-- Whether an import that books in this transaction named an account or a project that was archived since.
create function is_named_by_import(of_tenant uuid, of_account uuid, of_project uuid) returns boolean
language sql stable as $$
  select exists (
    select from import_names as names
    where names.tenant_id = of_tenant
      and names.import_id = nullif(current_setting('app.import_id', true), '')::uuid
      and (names.account_id = of_account or names.project_id = of_project)
  )
$$;

-- What an import wants of a metric, by scope. A project that is still to be made has no id.
create function wanted_places(of_tenant uuid, of_import uuid, of_metric text, wanted jsonb)
returns table (scope_id uuid, name text, places bigint)
language sql stable as $$
  select '00000000-0000-0000-0000-000000000000'::uuid, null, (wanted ->> of_metric)::bigint
  where of_metric <> 'expenses_per_project' and (wanted ->> of_metric)::bigint > 0
  union all
  select names.project_id, names.name, names.places
  from import_names as names
  where of_metric = 'expenses_per_project' and names.tenant_id = of_tenant and names.import_id = of_import
    and names.kind = 'project' and names.places > 0
  order by 1
$$;

-- As before, and expenses of each project are reserved as well: where that is still to be made, under its name. Of what stands
-- against it in projects, which "project" names, the fifty that lack most are told.
--
-- Places are taken one counter after the other first, most by one update each, as there may be thousands. Only where one is
-- refused, which takes all of them back, all are locked and looked at.
create or replace function reserve_usage(of_tenant uuid, of_import uuid, wanted jsonb) returns jsonb
language plpgsql set search_path from current as $$
declare
  in_order constant text[] := array['accounts', 'projects', 'expenses_per_project', 'expenses_total'];
  told_max constant integer := 50;
  hard_metrics constant text[] := array(
    select limits.metric
    from plan_limits(of_tenant) as limits
    where limits.plan_limit is not null and not limits.is_soft and wanted ? limits.metric
    order by array_position(in_order, limits.metric)
  );
  of_metric text;
  counter record;
  missing jsonb;
  breaches jsonb;
begin
  loop
    begin
      foreach of_metric in array hard_metrics loop
        perform take_places(of_tenant, of_import, of_metric, wanted);
      end loop;
      exit;
    exception when sqlstate 'OL403' then
      breaches := '[]';
    end;
    foreach of_metric in array hard_metrics loop
      for counter in
        select wants.scope_id from wanted_places(of_tenant, of_import, of_metric, wanted) as wants
        where wants.scope_id is not null
      loop
        insert into usage_counters (tenant_id, metric, scope_id, slot, used, room, is_soft)
        values (of_tenant, of_metric, counter.scope_id, 0, 0, 0, false)
        on conflict do nothing;
        perform share_out_usage(of_tenant, of_metric, counter.scope_id, 0);
      end loop;
      select jsonb_agg(to_jsonb(lacking)) into missing
      from (
        select of_metric as metric, wants.name as project, limits.plan_limit as limit, taken.used,
          wants.places as wanted, taken.reserved
        from wanted_places(of_tenant, of_import, of_metric, wanted) as wants
        join plan_limits(of_tenant) as limits on limits.metric = of_metric and not limits.is_soft
        cross join lateral (
          select held.places as used, held.places as reserved
          from (select held_under_name(of_tenant, of_import, wants.name) as places) as held
          where wants.scope_id is null
          union all
          select sum(counters.used), (
            select coalesce(sum(reservations.places), 0) from usage_reservations as reservations
            where reservations.tenant_id = of_tenant and reservations.metric = of_metric
              and reservations.scope_id = wants.scope_id
          )
          from usage_counters as counters
          where counters.tenant_id = of_tenant and counters.metric = of_metric and counters.scope_id = wants.scope_id
          having wants.scope_id is not null
        ) as taken
        where taken.used + wants.places > limits.plan_limit
        order by taken.used + wants.places - taken.reserved desc, wants.name
        limit told_max
      ) as lacking;
      breaches := breaches || coalesce(missing, '[]');
    end loop;
    if breaches <> '[]' then
      delete from import_names as names where names.tenant_id = of_tenant and names.import_id = of_import;
      return breaches;
    end if;
    -- What was refused has come back before all was locked.
  end loop;
  insert into usage_reservations (tenant_id, import_id, metric, places, is_open)
  select of_tenant, of_import, metrics.metric, 0, true
  from jsonb_object_keys(wanted) as metrics (metric)
  where metrics.metric <> all (hard_metrics);
  update import_names as names
  set places = 0
  where names.tenant_id = of_tenant and names.import_id = of_import and names.places > 0
    and (names.project_id is not null or 'expenses_per_project' <> all (hard_metrics));
  return '[]';
end
$$;

-- Places in a project that is still to be made, which other imports hold under its name.
create function held_under_name(of_tenant uuid, of_import uuid, of_name text) returns numeric
language sql stable as $$
  select coalesce(sum(names.places), 0)
  from import_names as names
  where names.tenant_id = of_tenant and names.kind = 'project' and names.name = of_name
    and names.import_id <> of_import and names.project_id is null
$$;

-- Takes the places that an import wants of a metric with a hard limit, or refuses (OL403). Projects one by one in their order.
create function take_places(of_tenant uuid, of_import uuid, of_metric text, wanted jsonb) returns void
language plpgsql as $$
declare
  counter record;
begin
  for counter in
    select wants.scope_id, wants.places from wanted_places(of_tenant, of_import, of_metric, wanted) as wants
    where wants.scope_id is not null
  loop
    -- Nobody has a share but slot 0, and it does not come to its end.
    update usage_counters as counters
    set used = counters.used + counter.places, room = counters.room - counter.places
    where counters.tenant_id = of_tenant and counters.metric = of_metric and counters.scope_id = counter.scope_id
      and counters.slot = 0 and not counters.is_spread and counters.room > counter.places
      and counters.limits_version = (
        select tenants.entitlements_version from tenants where tenants.tenant_id = of_tenant
      );
    if not found then
      perform share_out_usage(of_tenant, of_metric, counter.scope_id, counter.places);
    end if;
  end loop;
  if of_metric = 'expenses_per_project' and exists (
    select from wanted_places(of_tenant, of_import, of_metric, wanted) as wants
    join plan_limits(of_tenant) as limits on limits.metric = of_metric and not limits.is_soft
    where wants.scope_id is null
      and held_under_name(of_tenant, of_import, wants.name) + wants.places > limits.plan_limit
  ) then
    raise exception 'The plan allows no more' using errcode = 'OL403';
  end if;
  insert into usage_reservations (tenant_id, import_id, metric, scope_id, places)
  select of_tenant, of_import, of_metric, wants.scope_id, wants.places
  from wanted_places(of_tenant, of_import, of_metric, wanted) as wants
  where wants.scope_id is not null;
end
$$;

-- What is made under a name that imports under way are to make, is theirs too: they book to it, and what they hold of it are
-- places in it from now on. What is made anew is empty, so there is room for them. Who gives the name to something else is
-- refused where there is not (OL403).
create function name_for_imports() returns trigger
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
-- After counting, as counters of projects come before those of expenses.
create trigger usage_is_named_as_added after insert on accounts
  referencing new table as new_rows for each statement execute function name_for_imports('account');
create trigger usage_is_named_as_changed after update on accounts
  referencing new table as new_rows for each statement execute function name_for_imports('account');
create trigger usage_is_named_as_added after insert on projects
  referencing new table as new_rows for each statement execute function name_for_imports('project');
create trigger usage_is_named_as_changed after update on projects
  referencing new table as new_rows for each statement execute function name_for_imports('project');

-- As before, in all scopes, and what was kept of the names and rows of the file goes too.
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

-- As before, in all scopes.
create or replace function count_usage(of_tenant uuid, of_metric text, of_scope uuid, delta bigint) returns void
language plpgsql as $$
declare
  room_left bigint;
  reserved bigint;
begin
  if delta > 0 and coalesce(current_setting('app.import_id', true), '') <> '' then
    select reservations.places into reserved
    from usage_reservations as reservations
    where reservations.tenant_id = of_tenant and reservations.import_id = current_setting('app.import_id')::uuid
      and reservations.metric = of_metric and reservations.scope_id = of_scope and reservations.places > 0
    for no key update;
    if found then
      update usage_reservations as reservations
      set places = reservations.places - least(reserved, delta)
      where reservations.tenant_id = of_tenant and reservations.import_id = current_setting('app.import_id')::uuid
        and reservations.metric = of_metric and reservations.scope_id = of_scope;
      delta := delta - least(reserved, delta);
      if delta = 0 then
        return;
      end if;
    end if;
  end if;
  update usage_counters as counters
  set used = counters.used + delta, room = counters.room - delta
  where counters.tenant_id = of_tenant and counters.metric = of_metric and counters.scope_id = of_scope
    and counters.slot = pg_backend_pid() % 32
    and counters.limits_version = (select tenants.entitlements_version from tenants where tenants.tenant_id = of_tenant)
    and (
      counters.room is null
      or (counters.room > 0 and counters.room > delta)
      or (counters.room < 0 and counters.room < delta and (counters.is_soft or delta < 0))
    )
  returning counters.room into room_left;
  if not found then
    perform share_out_usage(of_tenant, of_metric, of_scope, delta);
  elsif room_left < 0 and delta > 0 then
    perform warn_of_usage(of_tenant, of_metric, of_scope);
  end if;
end
$$;

-- As before, but that an import books to what was archived since it was seen to be named, and that changes are counted
-- elsewhere (migration 0162).
create or replace function count_expenses() returns trigger
language plpgsql set search_path from current as $$
declare
  change record;
  expense record;
  referred record;
  version bigint;
  is_archived boolean;
  is_limited boolean;
  room_left bigint;
begin
  -- Most often it is one, which takes no grouping.
  select count(*) as added_count, count(added.import_id) as imported_count,
    (array_agg(added.tenant_id))[1] as tenant_id,
    (array_agg(added.project_id))[1] as project_id, (array_agg(added.category_id))[1] as category_id,
    (array_agg(added.account_id))[1] as account_id
  into expense
  from new_rows as added
  where added.status = 'posted';
  -- What is imported may have its place already, which count_usage knows of.
  if expense.added_count = 1 and expense.imported_count = 0 then
    -- What is archived takes no new expense: refuse_archived has the reasons (migration 0110). Asked here with the version of
    -- the limits, as a trigger of its own costs twice as much.
    select tenants.entitlements_version, exists (
        select from categories
        where categories.tenant_id = tenants.tenant_id and categories.id = expense.category_id
          and categories.archived_at is not null
      ) or exists (
        select from accounts
        where accounts.tenant_id = tenants.tenant_id and accounts.id = expense.account_id
          and accounts.archived_at is not null
      ) or exists (
        select from projects
        where projects.tenant_id = tenants.tenant_id and projects.id = expense.project_id
          and projects.archived_at is not null
      )
    into version, is_archived
    from tenants
    where tenants.tenant_id = expense.tenant_id;
    if is_archived then
      raise exception 'What an expense refers to was archived meanwhile' using errcode = 'serialization_failure';
    end if;
    -- What count_usage does, in place: that is every expense that is recorded, and calls cost it a fifth of this more.
    if expense.project_id is not null then
      update usage_counters as counters
      set used = counters.used + 1, room = counters.room - 1
      where counters.tenant_id = expense.tenant_id and counters.metric = 'expenses_per_project'
        and counters.scope_id = expense.project_id and counters.slot = pg_backend_pid() % 32
        and counters.limits_version = version
        and (counters.room is null or counters.room > 1 or (counters.room < 0 and counters.is_soft))
      returning counters.room into room_left;
      if not found then
        perform share_out_usage(expense.tenant_id, 'expenses_per_project', expense.project_id, 1);
      elsif room_left < 0 then
        perform warn_of_usage(expense.tenant_id, 'expenses_per_project', expense.project_id);
      end if;
    end if;
    update usage_counters as counters
    set used = counters.used + 1, room = counters.room - 1
    where counters.tenant_id = expense.tenant_id and counters.metric = 'expenses_total'
      and counters.scope_id = '00000000-0000-0000-0000-000000000000' and counters.slot = pg_backend_pid() % 32
      and counters.limits_version = version
      and (counters.room is null or counters.room > 1 or (counters.room < 0 and counters.is_soft))
    returning counters.room into room_left;
    if not found then
      perform share_out_usage(expense.tenant_id, 'expenses_total', '00000000-0000-0000-0000-000000000000', 1);
    elsif room_left < 0 then
      perform warn_of_usage(expense.tenant_id, 'expenses_total', '00000000-0000-0000-0000-000000000000');
    end if;
    return null;
  end if;
  select array_agg(distinct added.category_id) as category_ids, array_agg(distinct added.account_id) as account_ids,
    array_agg(distinct added.project_id) as project_ids
  into referred
  from new_rows as added;
  if exists (
    select from categories
    where categories.tenant_id = expense.tenant_id and categories.id = any (referred.category_ids)
      and categories.archived_at is not null
  ) or exists (
    select from accounts
    where accounts.tenant_id = expense.tenant_id and accounts.id = any (referred.account_ids)
      and accounts.archived_at is not null and not is_named_by_import(accounts.tenant_id, accounts.id, null)
  ) or exists (
    select from projects
    where projects.tenant_id = expense.tenant_id and projects.id = any (referred.project_ids)
      and projects.archived_at is not null and not is_named_by_import(projects.tenant_id, null, projects.id)
  ) then
    raise exception 'What an expense refers to was archived meanwhile' using errcode = 'serialization_failure';
  end if;
  is_limited := exists (
    select from plan_limits(expense.tenant_id) as limits
    where limits.metric = 'expenses_per_project' and limits.plan_limit is not null
  );
  -- Without a limit one update counts for all projects, however many, and only slots that are still to be made go the
  -- general way. With one, projects are taken one by one in their order, as each may need to be locked as a whole.
  for change in
    with added as materialized (
      select new_rows.tenant_id, new_rows.project_id as scope_id, count(*) as delta
      from new_rows
      where new_rows.status = 'posted' and new_rows.project_id is not null
      group by new_rows.tenant_id, new_rows.project_id
      order by new_rows.project_id
    ), counted as (
      update usage_counters as counters
      set used = counters.used + added.delta
      from added
      where not is_limited and counters.tenant_id = added.tenant_id and counters.metric = 'expenses_per_project'
        and counters.scope_id = added.scope_id and counters.slot = pg_backend_pid() % 32
        and counters.limits_version = (
          select tenants.entitlements_version from tenants where tenants.tenant_id = expense.tenant_id
        )
        and counters.room is null
      returning counters.scope_id
    )
    select added.tenant_id, added.scope_id, added.delta
    from added
    where not exists (select from counted where counted.scope_id = added.scope_id)
    order by added.scope_id
  loop
    perform count_usage(change.tenant_id, 'expenses_per_project', change.scope_id, change.delta);
  end loop;
  if expense.added_count > 0 then
    perform count_usage(
      expense.tenant_id, 'expenses_total', '00000000-0000-0000-0000-000000000000', expense.added_count
    );
  end if;
  return null;
end
$$;

-- As before, by scope, and with the names that are kept for imports.
create or replace function usage_faults(of_tenant uuid)
returns table (metric text, scope_id uuid, counted numeric, found numeric, fault text)
language sql stable set search_path from current as $$
  with found as (
    select 'projects' as metric, '00000000-0000-0000-0000-000000000000'::uuid as scope_id, count(*) as found
    from projects where projects.tenant_id = of_tenant and projects.archived_at is null
    union all
    select 'accounts', '00000000-0000-0000-0000-000000000000', count(*)
    from accounts where accounts.tenant_id = of_tenant and accounts.archived_at is null
    union all
    select 'expenses_total', '00000000-0000-0000-0000-000000000000', count(*)
    from expenses where expenses.tenant_id = of_tenant and expenses.status = 'posted'
    union all
    select 'expenses_per_project', expenses.project_id, count(*)
    from expenses
    where expenses.tenant_id = of_tenant and expenses.status = 'posted' and expenses.project_id is not null
    group by expenses.project_id
  ), reserved as (
    select reservations.metric, reservations.scope_id, sum(reservations.places) as places,
      bool_or(imports.status <> 'processing' or imports.stage <> 'booking') as is_abandoned
    from usage_reservations as reservations
    join imports on imports.tenant_id = reservations.tenant_id and imports.id = reservations.import_id
    where reservations.tenant_id = of_tenant
    group by reservations.metric, reservations.scope_id
  ), taken as (
    select metric, scope_id, coalesce(found.found, 0) + coalesce(reserved.places, 0) as places, reserved.is_abandoned
    from found
    full join reserved using (metric, scope_id)
  ), counted as (
    select counters.metric, counters.scope_id, sum(counters.used) as used, sum(counters.room) as room,
      max(counters.limits_version) as limits_version,
      bool_or(counters.room is null) as is_unlimited, bool_or(counters.is_spread) as is_spread,
      bool_or(counters.is_reached) as is_reached, bool_and(counters.is_soft) as is_soft,
      bool_or(counters.slot > 0 and (counters.used <> 0 or counters.room <> 0)) as has_others,
      bool_or(counters.room > 0) and bool_or(counters.room < 0) as is_torn,
      count(distinct counters.limits_version) filter (where counters.room is null or counters.room <> 0) > 1 as is_mixed
    from usage_counters as counters
    where counters.tenant_id = of_tenant
    group by counters.metric, counters.scope_id
  )
  select metric, scope_id, coalesce(counted.used, 0), coalesce(taken.places, 0), faults.fault
  from counted
  full join taken using (metric, scope_id)
  left join plan_limits(of_tenant) as limits using (metric)
  cross join lateral (
    -- What is left of a limit that is no longer is nobody's to use.
    select limits.version = counted.limits_version and not counted.is_unlimited as has_room,
      limits.version = counted.limits_version as is_present
  ) as known
  cross join lateral (values
    ('the count', coalesce(counted.used, 0) <> coalesce(taken.places, 0)),
    ('a reservation that nobody uses', taken.is_abandoned),
    ('the room', known.has_room and counted.room <> limits.plan_limit - counted.used),
    ('a limit that is none', known.has_room and limits.plan_limit is null),
    ('a limit that is missing', known.is_present and counted.is_unlimited and limits.plan_limit is not null),
    ('the shares', counted.is_torn or counted.is_mixed or (counted.has_others and not counted.is_spread)),
    ('the mark', known.is_present
      and counted.is_reached <> is_limit_reached(counted.used, limits.plan_limit, limits.is_soft))
  ) as faults (fault, is_so)
  where faults.is_so
  union all
  select 'expenses_per_project', names.project_id, 0, names.places, 'a name that nobody books'
  from import_names as names
  join imports on imports.tenant_id = names.tenant_id and imports.id = names.import_id
  where names.tenant_id = of_tenant and (imports.status <> 'processing' or imports.stage <> 'booking')
$$;

-- Down Migration

select set_config('search_path', format('%I, pg_temp', current_schema()), true);

drop trigger usage_is_named_as_added on accounts;
drop trigger usage_is_named_as_changed on accounts;
drop trigger usage_is_named_as_added on projects;
drop trigger usage_is_named_as_changed on projects;
drop trigger names_are_held on accounts;
drop trigger names_are_held on projects;

create or replace function reserve_usage(of_tenant uuid, of_import uuid, wanted jsonb) returns jsonb
language plpgsql set search_path from current as $$
declare
  whole_tenant constant uuid := '00000000-0000-0000-0000-000000000000';
  hard_metrics constant text[] := array(
    select limits.metric
    from plan_limits(of_tenant) as limits
    where limits.plan_limit is not null and not limits.is_soft and wanted ? limits.metric
    order by array_position(array['accounts', 'projects', 'expenses_total'], limits.metric)
  );
  of_metric text;
  counter record;
  breaches jsonb := '[]';
begin
  foreach of_metric in array hard_metrics loop
    continue when (wanted ->> of_metric)::bigint = 0;
    insert into usage_counters (tenant_id, metric, scope_id, slot, used, room, is_soft)
    values (of_tenant, of_metric, whole_tenant, 0, 0, 0, false)
    on conflict do nothing;
    perform share_out_usage(of_tenant, of_metric, whole_tenant, 0);
    select limits.plan_limit, limits.is_soft, sum(counters.used) as used, (wanted ->> of_metric)::bigint as wanted
    into counter
    from plan_limits(of_tenant) as limits
    join usage_counters as counters
      on counters.tenant_id = of_tenant and counters.metric = limits.metric and counters.scope_id = whole_tenant
    where limits.metric = of_metric
    group by limits.plan_limit, limits.is_soft;
    if not counter.is_soft and counter.used + counter.wanted > counter.plan_limit then
      breaches := breaches || jsonb_build_object(
        'metric', of_metric, 'limit', counter.plan_limit, 'used', counter.used, 'wanted', counter.wanted,
        'reserved', (
          select coalesce(sum(reservations.places), 0) from usage_reservations as reservations
          where reservations.tenant_id = of_tenant and reservations.metric = of_metric
        )
      );
    end if;
  end loop;
  if breaches = '[]' then
    insert into usage_reservations (tenant_id, import_id, metric, places, is_open)
    select of_tenant, of_import, metrics.metric, 0, true
    from jsonb_object_keys(wanted) as metrics (metric)
    where metrics.metric <> all (hard_metrics);
    foreach of_metric in array hard_metrics loop
      continue when (wanted ->> of_metric)::bigint = 0;
      perform share_out_usage(of_tenant, of_metric, whole_tenant, (wanted ->> of_metric)::bigint);
      insert into usage_reservations (tenant_id, import_id, metric, places)
      values (of_tenant, of_import, of_metric, (wanted ->> of_metric)::bigint);
    end loop;
  end if;
  return breaches;
end
$$;

create or replace function release_usage() returns trigger
language plpgsql set search_path from current as $$
declare
  of_metric text;
  unused bigint;
begin
  foreach of_metric in array array['accounts', 'projects', 'expenses_total'] loop
    delete from usage_reservations as reservations
    where reservations.tenant_id = new.tenant_id and reservations.import_id = new.id
      and reservations.metric = of_metric
    returning reservations.places into unused;
    if unused > 0 then
      perform count_usage(new.tenant_id, of_metric, '00000000-0000-0000-0000-000000000000', -unused);
    end if;
  end loop;
  return null;
end
$$;

create or replace function count_usage(of_tenant uuid, of_metric text, of_scope uuid, delta bigint) returns void
language plpgsql as $$
declare
  room_left bigint;
  reserved bigint;
begin
  if delta > 0 and of_scope = '00000000-0000-0000-0000-000000000000'
    and coalesce(current_setting('app.import_id', true), '') <> '' then
    select reservations.places into reserved
    from usage_reservations as reservations
    where reservations.tenant_id = of_tenant and reservations.import_id = current_setting('app.import_id')::uuid
      and reservations.metric = of_metric and reservations.places > 0
    for no key update;
    if found then
      update usage_reservations as reservations
      set places = reservations.places - least(reserved, delta)
      where reservations.tenant_id = of_tenant and reservations.import_id = current_setting('app.import_id')::uuid
        and reservations.metric = of_metric;
      delta := delta - least(reserved, delta);
      if delta = 0 then
        return;
      end if;
    end if;
  end if;
  update usage_counters as counters
  set used = counters.used + delta, room = counters.room - delta
  where counters.tenant_id = of_tenant and counters.metric = of_metric and counters.scope_id = of_scope
    and counters.slot = pg_backend_pid() % 32
    and counters.limits_version = (select tenants.entitlements_version from tenants where tenants.tenant_id = of_tenant)
    and (
      counters.room is null
      or (counters.room > 0 and counters.room > delta)
      or (counters.room < 0 and counters.room < delta and (counters.is_soft or delta < 0))
    )
  returning counters.room into room_left;
  if not found then
    perform share_out_usage(of_tenant, of_metric, of_scope, delta);
  elsif room_left < 0 and delta > 0 then
    perform warn_of_usage(of_tenant, of_metric, of_scope);
  end if;
end
$$;

create or replace function count_expenses() returns trigger
language plpgsql set search_path from current as $$
declare
  change record;
  expense record;
  referred record;
  version bigint;
  is_archived boolean;
  is_limited boolean;
  room_left bigint;
begin
  if tg_op = 'INSERT' then
    -- Most often it is one, which takes no grouping.
    select count(*) as added_count, count(added.import_id) as imported_count,
      (array_agg(added.tenant_id))[1] as tenant_id,
      (array_agg(added.project_id))[1] as project_id, (array_agg(added.category_id))[1] as category_id,
      (array_agg(added.account_id))[1] as account_id
    into expense
    from new_rows as added
    where added.status = 'posted';
    -- What is imported may have its place already, which count_usage knows of.
    if expense.added_count = 1 and expense.imported_count = 0 then
      -- What is archived takes no new expense: refuse_archived has the reasons (migration 0110). Asked here with the version of
      -- the limits, as a trigger of its own costs twice as much.
      select tenants.entitlements_version, exists (
          select from categories
          where categories.tenant_id = tenants.tenant_id and categories.id = expense.category_id
            and categories.archived_at is not null
        ) or exists (
          select from accounts
          where accounts.tenant_id = tenants.tenant_id and accounts.id = expense.account_id
            and accounts.archived_at is not null
        ) or exists (
          select from projects
          where projects.tenant_id = tenants.tenant_id and projects.id = expense.project_id
            and projects.archived_at is not null
        )
      into version, is_archived
      from tenants
      where tenants.tenant_id = expense.tenant_id;
      if is_archived then
        raise exception 'What an expense refers to was archived meanwhile' using errcode = 'serialization_failure';
      end if;
      -- What count_usage does, in place: that is every expense that is recorded, and calls cost it a fifth of this more.
      if expense.project_id is not null then
        update usage_counters as counters
        set used = counters.used + 1, room = counters.room - 1
        where counters.tenant_id = expense.tenant_id and counters.metric = 'expenses_per_project'
          and counters.scope_id = expense.project_id and counters.slot = pg_backend_pid() % 32
          and counters.limits_version = version
          and (counters.room is null or counters.room > 1 or (counters.room < 0 and counters.is_soft))
        returning counters.room into room_left;
        if not found then
          perform share_out_usage(expense.tenant_id, 'expenses_per_project', expense.project_id, 1);
        elsif room_left < 0 then
          perform warn_of_usage(expense.tenant_id, 'expenses_per_project', expense.project_id);
        end if;
      end if;
      update usage_counters as counters
      set used = counters.used + 1, room = counters.room - 1
      where counters.tenant_id = expense.tenant_id and counters.metric = 'expenses_total'
        and counters.scope_id = '00000000-0000-0000-0000-000000000000' and counters.slot = pg_backend_pid() % 32
        and counters.limits_version = version
        and (counters.room is null or counters.room > 1 or (counters.room < 0 and counters.is_soft))
      returning counters.room into room_left;
      if not found then
        perform share_out_usage(expense.tenant_id, 'expenses_total', '00000000-0000-0000-0000-000000000000', 1);
      elsif room_left < 0 then
        perform warn_of_usage(expense.tenant_id, 'expenses_total', '00000000-0000-0000-0000-000000000000');
      end if;
      return null;
    end if;
    select array_agg(distinct added.category_id) as category_ids, array_agg(distinct added.account_id) as account_ids,
      array_agg(distinct added.project_id) as project_ids
    into referred
    from new_rows as added;
    if exists (
      select from categories
      where categories.tenant_id = expense.tenant_id and categories.id = any (referred.category_ids)
        and categories.archived_at is not null
    ) or exists (
      select from accounts
      where accounts.tenant_id = expense.tenant_id and accounts.id = any (referred.account_ids)
        and accounts.archived_at is not null
    ) or exists (
      select from projects
      where projects.tenant_id = expense.tenant_id and projects.id = any (referred.project_ids)
        and projects.archived_at is not null
    ) then
      raise exception 'What an expense refers to was archived meanwhile' using errcode = 'serialization_failure';
    end if;
    is_limited := exists (
      select from plan_limits(expense.tenant_id) as limits
      where limits.metric = 'expenses_per_project' and limits.plan_limit is not null
    );
    -- Without a limit one update counts for all projects, however many, and only slots that are still to be made go the
    -- general way. With one, projects are taken one by one in their order, as each may need to be locked as a whole.
    for change in
      with added as materialized (
        select new_rows.tenant_id, new_rows.project_id as scope_id, count(*) as delta
        from new_rows
        where new_rows.status = 'posted' and new_rows.project_id is not null
        group by new_rows.tenant_id, new_rows.project_id
        order by new_rows.project_id
      ), counted as (
        update usage_counters as counters
        set used = counters.used + added.delta
        from added
        where not is_limited and counters.tenant_id = added.tenant_id and counters.metric = 'expenses_per_project'
          and counters.scope_id = added.scope_id and counters.slot = pg_backend_pid() % 32
          and counters.limits_version = (
            select tenants.entitlements_version from tenants where tenants.tenant_id = expense.tenant_id
          )
          and counters.room is null
        returning counters.scope_id
      )
      select added.tenant_id, added.scope_id, added.delta
      from added
      where not exists (select from counted where counted.scope_id = added.scope_id)
      order by added.scope_id
    loop
      perform count_usage(change.tenant_id, 'expenses_per_project', change.scope_id, change.delta);
    end loop;
    if expense.added_count > 0 then
      perform count_usage(
        expense.tenant_id, 'expenses_total', '00000000-0000-0000-0000-000000000000', expense.added_count
      );
    end if;
    return null;
  end if;
  for change in
    with moved as (
      select removed.tenant_id, removed.project_id, -1 as delta from old_rows as removed
      where removed.status = 'posted'
      union all
      select added.tenant_id, added.project_id, 1 from new_rows as added
      where added.status = 'posted'
    )
    select moved.tenant_id, 'expenses_per_project' as metric, moved.project_id as scope_id, sum(moved.delta) as delta
    from moved
    where moved.project_id is not null
    group by moved.tenant_id, moved.project_id
    having sum(moved.delta) <> 0
    union all
    select moved.tenant_id, 'expenses_total', '00000000-0000-0000-0000-000000000000', sum(moved.delta)
    from moved
    group by moved.tenant_id
    having sum(moved.delta) <> 0
    order by 2, 3
  loop
    perform count_usage(change.tenant_id, change.metric, change.scope_id, change.delta);
  end loop;
  return null;
end
$$;

create or replace function usage_faults(of_tenant uuid)
returns table (metric text, scope_id uuid, counted numeric, found numeric, fault text)
language sql stable set search_path from current as $$
  with found as (
    select 'projects' as metric, '00000000-0000-0000-0000-000000000000'::uuid as scope_id, count(*) as found
    from projects where projects.tenant_id = of_tenant and projects.archived_at is null
    union all
    select 'accounts', '00000000-0000-0000-0000-000000000000', count(*)
    from accounts where accounts.tenant_id = of_tenant and accounts.archived_at is null
    union all
    select 'expenses_total', '00000000-0000-0000-0000-000000000000', count(*)
    from expenses where expenses.tenant_id = of_tenant and expenses.status = 'posted'
    union all
    select 'expenses_per_project', expenses.project_id, count(*)
    from expenses
    where expenses.tenant_id = of_tenant and expenses.status = 'posted' and expenses.project_id is not null
    group by expenses.project_id
  ), reserved as (
    select reservations.metric, '00000000-0000-0000-0000-000000000000'::uuid as scope_id,
      sum(reservations.places) as places,
      bool_or(imports.status <> 'processing' or imports.stage <> 'booking') as is_abandoned
    from usage_reservations as reservations
    join imports on imports.tenant_id = reservations.tenant_id and imports.id = reservations.import_id
    where reservations.tenant_id = of_tenant
    group by reservations.metric
  ), taken as (
    select metric, scope_id, coalesce(found.found, 0) + coalesce(reserved.places, 0) as places, reserved.is_abandoned
    from found
    full join reserved using (metric, scope_id)
  ), counted as (
    select counters.metric, counters.scope_id, sum(counters.used) as used, sum(counters.room) as room,
      max(counters.limits_version) as limits_version,
      bool_or(counters.room is null) as is_unlimited, bool_or(counters.is_spread) as is_spread,
      bool_or(counters.is_reached) as is_reached, bool_and(counters.is_soft) as is_soft,
      bool_or(counters.slot > 0 and (counters.used <> 0 or counters.room <> 0)) as has_others,
      bool_or(counters.room > 0) and bool_or(counters.room < 0) as is_torn,
      count(distinct counters.limits_version) filter (where counters.room is null or counters.room <> 0) > 1 as is_mixed
    from usage_counters as counters
    where counters.tenant_id = of_tenant
    group by counters.metric, counters.scope_id
  )
  select metric, scope_id, coalesce(counted.used, 0), coalesce(taken.places, 0), faults.fault
  from counted
  full join taken using (metric, scope_id)
  left join plan_limits(of_tenant) as limits using (metric)
  cross join lateral (
    -- What is left of a limit that is no longer is nobody's to use.
    select limits.version = counted.limits_version and not counted.is_unlimited as has_room,
      limits.version = counted.limits_version as is_present
  ) as known
  cross join lateral (values
    ('the count', coalesce(counted.used, 0) <> coalesce(taken.places, 0)),
    ('a reservation that nobody uses', taken.is_abandoned),
    ('the room', known.has_room and counted.room <> limits.plan_limit - counted.used),
    ('a limit that is none', known.has_room and limits.plan_limit is null),
    ('a limit that is missing', known.is_present and counted.is_unlimited and limits.plan_limit is not null),
    ('the shares', counted.is_torn or counted.is_mixed or (counted.has_others and not counted.is_spread)),
    ('the mark', known.is_present
      and counted.is_reached <> is_limit_reached(counted.used, limits.plan_limit, limits.is_soft))
  ) as faults (fault, is_so)
  where faults.is_so
$$;

drop function name_for_imports();
drop function take_places(uuid, uuid, text, jsonb);
drop function held_under_name(uuid, uuid, text);
drop function wanted_places(uuid, uuid, text, jsonb);
drop function is_named_by_import(uuid, uuid, uuid);
drop function bind_names(uuid, uuid);
drop function hold_names();
drop function names_lock(uuid);

-- Imports that are under way go on as they did before: in projects without places of their own.
alter table usage_counters no force row level security;
alter table usage_reservations no force row level security;
update usage_counters as counters
set used = counters.used - reserved.places, room = counters.room + reserved.places,
  is_reached = counters.is_reached and counters.room + reserved.places <= 0
from (
  select reservations.tenant_id, reservations.scope_id, sum(reservations.places) as places
  from usage_reservations as reservations
  where reservations.metric = 'expenses_per_project'
  group by reservations.tenant_id, reservations.scope_id
) as reserved
where counters.tenant_id = reserved.tenant_id and counters.metric = 'expenses_per_project'
  and counters.scope_id = reserved.scope_id and counters.slot = 0;
delete from usage_reservations as reservations where reservations.metric = 'expenses_per_project';
alter table usage_reservations force row level security;
alter table usage_counters force row level security;
alter table usage_reservations
  drop constraint usage_reservations_metric_check,
  add constraint usage_reservations_metric_check check (metric in ('accounts', 'expenses_total', 'projects')),
  drop column scope_id,
  add primary key (tenant_id, import_id, metric);
drop table import_names;
drop table import_looks;
