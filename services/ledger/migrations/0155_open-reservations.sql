-- Up Migration

select set_config('search_path', format('%I, pg_temp', current_schema()), true);

-- Whether an import takes what it needs without counting it beforehand, as no hard limit was in force when it began to be
-- booked. It is carried through under a plan that comes meanwhile, as what is there already is kept under it.
alter table usage_reservations
  add column is_open boolean not null default false,
  add constraint usage_reservations_open_ones_hold_no_places check (not is_open or places = 0);

-- As before, and what has no hard limit is left open.
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

-- As before, but that an import takes what was left open for it, above a hard limit too.
create or replace function share_out_usage(of_tenant uuid, of_metric text, of_scope uuid, delta bigint) returns void
language plpgsql as $$
declare
  -- Shares smaller than this are not worth having: everything stays in slot 0.
  slot_count constant integer := 32;
  share_min constant bigint := 32;
  head record;
  plan_limit bigint;
  is_limit_soft boolean;
  version bigint;
  counted bigint;
  left_over bigint;
  share bigint;
  is_over boolean;
begin
  select counters.used, counters.room, counters.limits_version, counters.is_spread, counters.is_reached into head
  from usage_counters as counters
  where counters.tenant_id = of_tenant and counters.metric = of_metric and counters.scope_id = of_scope
    and counters.slot = 0
  for update;
  if not found then
    -- Gone with its project.
    if delta = 0 then
      return;
    end if;
    insert into usage_counters (tenant_id, metric, scope_id, slot, used, room, is_soft)
    values (of_tenant, of_metric, of_scope, 0, 0, 0, false)
    on conflict do nothing;
    select counters.used, counters.room, counters.limits_version, counters.is_spread, counters.is_reached
    into strict head
    from usage_counters as counters
    where counters.tenant_id = of_tenant and counters.metric = of_metric and counters.scope_id = of_scope
      and counters.slot = 0
    for update;
  end if;
  select limits.is_soft, limits.plan_limit, limits.version into is_limit_soft, plan_limit, version
  from plan_limits(of_tenant) as limits
  where limits.metric = of_metric and limits.version > 0;
  if not found then
    raise exception 'What the plan allows is not known yet' using errcode = 'OL503';
  end if;

  if plan_limit is null then
    if head.room is not null or head.limits_version <> version or head.is_reached or not head.is_spread then
      update usage_counters as counters
      set room = null, is_soft = is_limit_soft, limits_version = version, is_reached = false,
        is_spread = counters.slot = 0
      where counters.tenant_id = of_tenant and counters.metric = of_metric and counters.scope_id = of_scope;
    end if;
    if delta <> 0 then
      insert into usage_counters (tenant_id, metric, scope_id, slot, used, room, is_soft, limits_version)
      values (of_tenant, of_metric, of_scope, pg_backend_pid() % slot_count, delta, null, is_limit_soft, version)
      on conflict (tenant_id, metric, scope_id, slot) do update set used = usage_counters.used + excluded.used;
    end if;
    return;
  end if;

  counted := head.used;
  if head.is_spread then
    select sum(held.used) into counted
    from (
      select counters.used from usage_counters as counters
      where counters.tenant_id = of_tenant and counters.metric = of_metric and counters.scope_id = of_scope
      order by counters.slot for update
    ) as held;
  end if;
  if delta > 0 and not is_limit_soft and counted + delta > plan_limit and not exists (
    select from usage_reservations as reservations
    where reservations.tenant_id = of_tenant and reservations.metric = of_metric and reservations.is_open
      and reservations.import_id = nullif(current_setting('app.import_id', true), '')::uuid
  ) then
    raise exception 'The plan allows no more'
      using errcode = 'OL403', detail = jsonb_build_object(
        'metric', of_metric, 'scope_id', of_scope, 'limit', plan_limit, 'used', counted, 'wanted', delta
      )::text;
  end if;
  counted := counted + delta;
  left_over := plan_limit - counted;
  is_over := is_limit_reached(counted, plan_limit, is_limit_soft);
  share := case
    -- Above a hard limit nothing may be made, so there is nothing to share.
    when is_over and not is_limit_soft then 0
    else left_over / slot_count
  end;
  if abs(share) < share_min then
    share := 0;
  end if;
  if head.is_spread or share <> 0 then
    insert into usage_counters (tenant_id, metric, scope_id, slot, used, room, is_soft, limits_version)
    select of_tenant, of_metric, of_scope, slots.slot, 0, share, is_limit_soft, version
    from generate_series(1, slot_count - 1) as slots (slot)
    order by slots.slot
    on conflict (tenant_id, metric, scope_id, slot) do update
    set used = 0, room = excluded.room, is_soft = excluded.is_soft, limits_version = excluded.limits_version;
  end if;
  update usage_counters as counters
  set used = counted, room = left_over - share * (slot_count - 1), is_soft = is_limit_soft, limits_version = version,
    is_spread = share <> 0, is_reached = is_over
  where counters.tenant_id = of_tenant and counters.metric = of_metric and counters.scope_id = of_scope
    and counters.slot = 0;
  if is_over and not head.is_reached then
    insert into usage_changes (tenant_id, crossing)
    values (of_tenant, jsonb_build_object(
      'metric', of_metric, 'scope_id', of_scope, 'limit', plan_limit,
      'mode', case when is_limit_soft then 'soft' else 'hard' end, 'used', counted, 'crossed_at', now()
    ));
  end if;
  if is_over and is_limit_soft and delta > 0 then
    raise notice 'plan_limit_exceeded' using errcode = 'OL299', detail = jsonb_build_object(
      'metric', of_metric, 'scope_id', of_scope, 'limit', plan_limit, 'used', counted
    )::text;
  end if;
end
$$;

-- Down Migration

select set_config('search_path', format('%I, pg_temp', current_schema()), true);

create or replace function reserve_usage(of_tenant uuid, of_import uuid, wanted jsonb) returns jsonb
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

create or replace function share_out_usage(of_tenant uuid, of_metric text, of_scope uuid, delta bigint) returns void
language plpgsql as $$
declare
  -- Shares smaller than this are not worth having: everything stays in slot 0.
  slot_count constant integer := 32;
  share_min constant bigint := 32;
  head record;
  plan_limit bigint;
  is_limit_soft boolean;
  version bigint;
  counted bigint;
  left_over bigint;
  share bigint;
  is_over boolean;
begin
  select counters.used, counters.room, counters.limits_version, counters.is_spread, counters.is_reached into head
  from usage_counters as counters
  where counters.tenant_id = of_tenant and counters.metric = of_metric and counters.scope_id = of_scope
    and counters.slot = 0
  for update;
  if not found then
    -- Gone with its project.
    if delta = 0 then
      return;
    end if;
    insert into usage_counters (tenant_id, metric, scope_id, slot, used, room, is_soft)
    values (of_tenant, of_metric, of_scope, 0, 0, 0, false)
    on conflict do nothing;
    select counters.used, counters.room, counters.limits_version, counters.is_spread, counters.is_reached
    into strict head
    from usage_counters as counters
    where counters.tenant_id = of_tenant and counters.metric = of_metric and counters.scope_id = of_scope
      and counters.slot = 0
    for update;
  end if;
  select limits.is_soft, limits.plan_limit, limits.version into is_limit_soft, plan_limit, version
  from plan_limits(of_tenant) as limits
  where limits.metric = of_metric and limits.version > 0;
  if not found then
    raise exception 'What the plan allows is not known yet' using errcode = 'OL503';
  end if;

  if plan_limit is null then
    if head.room is not null or head.limits_version <> version or head.is_reached or not head.is_spread then
      update usage_counters as counters
      set room = null, is_soft = is_limit_soft, limits_version = version, is_reached = false,
        is_spread = counters.slot = 0
      where counters.tenant_id = of_tenant and counters.metric = of_metric and counters.scope_id = of_scope;
    end if;
    if delta <> 0 then
      insert into usage_counters (tenant_id, metric, scope_id, slot, used, room, is_soft, limits_version)
      values (of_tenant, of_metric, of_scope, pg_backend_pid() % slot_count, delta, null, is_limit_soft, version)
      on conflict (tenant_id, metric, scope_id, slot) do update set used = usage_counters.used + excluded.used;
    end if;
    return;
  end if;

  counted := head.used;
  if head.is_spread then
    select sum(held.used) into counted
    from (
      select counters.used from usage_counters as counters
      where counters.tenant_id = of_tenant and counters.metric = of_metric and counters.scope_id = of_scope
      order by counters.slot for update
    ) as held;
  end if;
  if delta > 0 and not is_limit_soft and counted + delta > plan_limit then
    raise exception 'The plan allows no more'
      using errcode = 'OL403', detail = jsonb_build_object(
        'metric', of_metric, 'scope_id', of_scope, 'limit', plan_limit, 'used', counted, 'wanted', delta
      )::text;
  end if;
  counted := counted + delta;
  left_over := plan_limit - counted;
  is_over := is_limit_reached(counted, plan_limit, is_limit_soft);
  share := case
    -- Above a hard limit nothing may be made, so there is nothing to share.
    when is_over and not is_limit_soft then 0
    else left_over / slot_count
  end;
  if abs(share) < share_min then
    share := 0;
  end if;
  if head.is_spread or share <> 0 then
    insert into usage_counters (tenant_id, metric, scope_id, slot, used, room, is_soft, limits_version)
    select of_tenant, of_metric, of_scope, slots.slot, 0, share, is_limit_soft, version
    from generate_series(1, slot_count - 1) as slots (slot)
    order by slots.slot
    on conflict (tenant_id, metric, scope_id, slot) do update
    set used = 0, room = excluded.room, is_soft = excluded.is_soft, limits_version = excluded.limits_version;
  end if;
  update usage_counters as counters
  set used = counted, room = left_over - share * (slot_count - 1), is_soft = is_limit_soft, limits_version = version,
    is_spread = share <> 0, is_reached = is_over
  where counters.tenant_id = of_tenant and counters.metric = of_metric and counters.scope_id = of_scope
    and counters.slot = 0;
  if is_over and not head.is_reached then
    insert into usage_changes (tenant_id, crossing)
    values (of_tenant, jsonb_build_object(
      'metric', of_metric, 'scope_id', of_scope, 'limit', plan_limit,
      'mode', case when is_limit_soft then 'soft' else 'hard' end, 'used', counted, 'crossed_at', now()
    ));
  end if;
  if is_over and is_limit_soft and delta > 0 then
    raise notice 'plan_limit_exceeded' using errcode = 'OL299', detail = jsonb_build_object(
      'metric', of_metric, 'scope_id', of_scope, 'limit', plan_limit, 'used', counted
    )::text;
  end if;
end
$$;

alter table usage_reservations no force row level security;
delete from usage_reservations as reservations where reservations.is_open;
alter table usage_reservations force row level security;
alter table usage_reservations drop column is_open;
