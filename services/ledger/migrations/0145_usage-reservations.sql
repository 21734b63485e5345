-- Up Migration

select set_config('search_path', format('%I, pg_temp', current_schema()), true);

-- Places that an import has taken before its first row, of what hard limits leave. They count as used; what the import
-- makes takes them, and what is left over is given back when it ends. So a counter is what is there and what is reserved.
-- docs/adr/0020 has the reasons.
create table usage_reservations (
  tenant_id uuid not null,
  import_id uuid not null,
  metric text collate "C" not null check (metric in ('accounts', 'expenses_total', 'projects')),
  places bigint not null check (places >= 0),
  primary key (tenant_id, import_id, metric),
  foreign key (tenant_id, import_id) references imports (tenant_id, id)
);
call protect_tenant_table('usage_reservations');

-- Since when its rows are being looked at or booked: what was imported since is not in what was seen.
alter table imports add column stage_began_at timestamptz not null default now();

-- Reserves what is wanted ({"accounts", "expenses_total", "projects"}) of all that has a hard limit; an import reserves
-- once. Where that does not fit nothing is reserved, and what stands against it is answered, in the order of locking:
-- [{"metric", "limit", "used", "wanted", "reserved"}]. Of what is used, so many places are reserved and may come back.
--
-- Each counter is locked as a whole before it is read, so that what it says holds. Once in an import, for as long as a
-- commit takes.
create function reserve_usage(of_tenant uuid, of_import uuid, wanted jsonb) returns jsonb
language plpgsql set search_path from current as $$
declare
  whole_tenant constant uuid := '00000000-0000-0000-0000-000000000000';
  hard_metrics constant text[] := array(
    select limits.metric
    from plan_limits(of_tenant) as limits
    where limits.plan_limit is not null and not limits.is_soft and (wanted ->> limits.metric)::bigint > 0
    order by array_position(array['accounts', 'projects', 'expenses_total'], limits.metric)
  );
  of_metric text;
  counter record;
  breaches jsonb := '[]';
begin
  foreach of_metric in array hard_metrics loop
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
    foreach of_metric in array hard_metrics loop
      perform share_out_usage(of_tenant, of_metric, whole_tenant, (wanted ->> of_metric)::bigint);
      insert into usage_reservations (tenant_id, import_id, metric, places)
      values (of_tenant, of_import, of_metric, (wanted ->> of_metric)::bigint);
    end loop;
  end if;
  return breaches;
end
$$;

-- Whatever ends an import gives back what it has reserved and not made, in the very transaction.
create function release_usage() returns trigger
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
create trigger usage_is_released_at_the_end after update of status on imports
  for each row when (old.status = 'processing' and new.status <> 'processing') execute function release_usage();

-- As before, but that who says for which import something is made (app.import_id) takes what is reserved for that first,
-- and counts the rest. Reservation before counter, as giving back does.
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

-- As before, but that what is imported goes the general way, and that many are counted at once.
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

-- As before, and what is reserved is found as well.
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

-- Down Migration

select set_config('search_path', format('%I, pg_temp', current_schema()), true);

create or replace function count_usage(of_tenant uuid, of_metric text, of_scope uuid, delta bigint) returns void
language plpgsql as $$
declare
  room_left bigint;
begin
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
  room_left bigint;
begin
  if tg_op = 'INSERT' then
    -- Most often it is one, which takes no grouping.
    select count(*) as added_count, (array_agg(added.tenant_id))[1] as tenant_id,
      (array_agg(added.project_id))[1] as project_id, (array_agg(added.category_id))[1] as category_id,
      (array_agg(added.account_id))[1] as account_id
    into expense
    from new_rows as added
    where added.status = 'posted';
    if expense.added_count = 1 then
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
    for change in
      select added.tenant_id, 'expenses_per_project' as metric, added.project_id as scope_id, count(*) as delta
      from new_rows as added
      where added.status = 'posted' and added.project_id is not null
      group by added.tenant_id, added.project_id
      union all
      select added.tenant_id, 'expenses_total', '00000000-0000-0000-0000-000000000000', count(*)
      from new_rows as added
      where added.status = 'posted'
      group by added.tenant_id
      order by 2, 3
    loop
      perform count_usage(change.tenant_id, change.metric, change.scope_id, change.delta);
    end loop;
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
  select metric, scope_id, coalesce(counted.used, 0), coalesce(found.found, 0), faults.fault
  from counted
  full join found using (metric, scope_id)
  left join plan_limits(of_tenant) as limits using (metric)
  cross join lateral (
    -- What is left of a limit that is no longer is nobody's to use.
    select limits.version = counted.limits_version and not counted.is_unlimited as has_room,
      limits.version = counted.limits_version as is_present
  ) as known
  cross join lateral (values
    ('the count', coalesce(counted.used, 0) <> coalesce(found.found, 0)),
    ('the room', known.has_room and counted.room <> limits.plan_limit - counted.used),
    ('a limit that is none', known.has_room and limits.plan_limit is null),
    ('a limit that is missing', known.is_present and counted.is_unlimited and limits.plan_limit is not null),
    ('the shares', counted.is_torn or counted.is_mixed or (counted.has_others and not counted.is_spread)),
    ('the mark', known.is_present
      and counted.is_reached <> is_limit_reached(counted.used, limits.plan_limit, limits.is_soft))
  ) as faults (fault, is_so)
  where faults.is_so
$$;

drop trigger usage_is_released_at_the_end on imports;
drop function release_usage();
drop function reserve_usage(uuid, uuid, jsonb);

-- Imports that are under way go on as they did before: without places of their own.
alter table usage_counters no force row level security;
alter table usage_reservations no force row level security;
update usage_counters as counters
set used = counters.used - reserved.places, room = counters.room + reserved.places
from (
  select reservations.tenant_id, reservations.metric, sum(reservations.places) as places
  from usage_reservations as reservations
  group by reservations.tenant_id, reservations.metric
) as reserved
where counters.tenant_id = reserved.tenant_id and counters.metric = reserved.metric
  and counters.scope_id = '00000000-0000-0000-0000-000000000000' and counters.slot = 0;
alter table usage_counters force row level security;
drop table usage_reservations;
alter table imports drop column stage_began_at;
