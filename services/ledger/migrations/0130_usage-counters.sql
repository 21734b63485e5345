-- Up Migration

select set_config('search_path', format('%I, pg_temp', current_schema()), true);

-- How much of what its plan limits a tenant uses, counted in the transaction that makes or takes back. Triggers count, so
-- that a counter is what it counts in code that nobody has written yet too. docs/adr/0020 has the reasons.
--
-- A counter is the sum of its slots. A backend counts in the slot of its own, so that transactions do not queue behind
-- each other; and each slot has a share of the room that is left below the limit. As long as every share is positive, so
-- is their sum, and nobody has to look at the others. Where a share runs out, or is of a limit that is no longer, all of
-- the counter is locked and shared out anew; close to the limit everything is in slot 0.
create table usage_counters (
  tenant_id uuid not null,
  metric text collate "C" not null
    check (metric in ('accounts', 'expenses_per_project', 'expenses_total', 'projects')),
  -- The project; zeros where it is the tenant as a whole.
  scope_id uuid not null,
  slot smallint not null check (slot between 0 and 31),
  -- May be negative: what was counted in one slot may be given back in another.
  used bigint not null,
  -- The share of this slot in limit less used. Null: there is no limit. Zero: it has no share.
  room bigint,
  -- Whether the limit lets through and warns.
  is_soft boolean not null,
  -- tenants.entitlements_version of the limit that room and is_soft are of. They hold while the tenant has that version;
  -- once it has another, the next who counts here shares out anew. So another plan changes one row, however many counters.
  limits_version bigint not null default 0,
  -- In slot 0: whether the other slots hold anything.
  is_spread boolean not null default false,
  -- In slot 0: whether a hard limit is used up or a soft one exceeded, and that was told.
  is_reached boolean not null default false,
  primary key (tenant_id, metric, scope_id, slot)
)
-- Room for the next version of a row on its own page; nothing that changes is indexed.
with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 2000);
call protect_tenant_table('usage_counters');

-- What is to be told of a tenant's usage: a row says that it has changed, or with a crossing that a limit was reached.
create table usage_changes (
  tenant_id uuid not null,
  id bigint generated always as identity,
  -- {"metric", "scope_id", "limit", "mode", "used", "crossed_at"}
  crossing jsonb,
  has_crossing boolean not null generated always as (crossing is not null) stored,
  primary key (tenant_id, id)
)
with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
call protect_tenant_table('usage_changes', 'select, insert, delete');
-- Whose turn it is, is asked across tenants.
call grant_system('usage_changes', 'select (tenant_id, has_crossing)');

-- How often a tenant's usage was told, and when.
create table usage_reports (
  tenant_id uuid primary key,
  version bigint not null default 0,
  reported_at timestamptz not null default '-infinity'
);
call protect_tenant_table('usage_reports', 'select, insert, update');
call grant_system('usage_reports', 'select (tenant_id, reported_at)');

-- What a tenant's plan allows of each metric now, and the version of the tenant that this is of. No limit: null.
create function plan_limits(of_tenant uuid)
returns table (metric text, is_soft boolean, plan_limit bigint, version bigint)
language sql stable as $$
  select metrics.metric, limits.item ->> 'mode' is not distinct from 'soft', (limits.item ->> 'limit')::bigint,
    tenants.entitlements_version
  from tenants
  cross join (values ('accounts'), ('expenses_per_project'), ('expenses_total'), ('projects')) as metrics (metric)
  left join lateral (
    select item from jsonb_array_elements(tenants.entitlements) as item where item ->> 'metric' = metrics.metric
  ) as limits on true
  where tenants.tenant_id = of_tenant
$$;

-- A hard limit is reached when it is used up, a soft one when it is exceeded; where there is none (null), it never is.
create function is_limit_reached(used numeric, plan_limit bigint, is_soft boolean) returns boolean
language sql immutable as $$
  select coalesce(used > plan_limit or (used = plan_limit and not is_soft), false)
$$;

-- The functions that are called by functions here run with their search_path: setting it costs as much as counting.

-- Shares a counter out anew with all of it locked, slot 0 first, so that two never wait for each other. Refuses what a
-- hard limit does not allow (OL403), warns of what a soft one does (OL299), notes where a limit is reached.
--
-- Statements here each see what was committed before them, so what was waited for is seen. The limit is read after the
-- lock and kept with its version: where it changes a moment later, the next who counts finds the version to be another.
create function share_out_usage(of_tenant uuid, of_metric text, of_scope uuid, delta bigint) returns void
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

-- Says of what was made that it is above a soft limit.
create function warn_of_usage(of_tenant uuid, of_metric text, of_scope uuid) returns void
language plpgsql as $$
begin
  raise notice 'plan_limit_exceeded' using errcode = 'OL299', detail = (
    select jsonb_build_object(
      'metric', of_metric, 'scope_id', of_scope, 'limit', sum(counters.used) + sum(counters.room),
      'used', sum(counters.used)
    )
    from usage_counters as counters
    where counters.tenant_id = of_tenant and counters.metric = of_metric and counters.scope_id = of_scope
  )::text;
end
$$;

-- Counts in the backend's own slot, as long as that cannot bring the sum to the limit from either side, and the share is of
-- the limit that is in force. Who waits for the row and finds it shared out by another limit takes the long way as well.
create function count_usage(of_tenant uuid, of_metric text, of_scope uuid, delta bigint) returns void
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

-- Counters are taken in one order, by metric and scope.
create function count_expenses() returns trigger
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
create trigger usage_is_counted_as_added after insert on expenses
  referencing new table as new_rows for each statement execute function count_expenses();
create trigger usage_is_counted_as_changed after update on expenses
  referencing old table as old_rows new table as new_rows for each statement execute function count_expenses();

-- What is not archived counts.
create function count_references() returns trigger
language plpgsql set search_path from current as $$
declare
  change record;
begin
  if tg_op = 'INSERT' then
    for change in
      select added.tenant_id, count(*) as delta from new_rows as added
      where added.archived_at is null
      group by added.tenant_id
    loop
      perform count_reference(change.tenant_id, tg_argv[0], change.delta);
    end loop;
  elsif tg_op = 'DELETE' then
    -- What counted within a project goes with it. Nobody counts there any more: an expense in it would have kept it.
    delete from usage_counters as counters
    using old_rows as removed
    where tg_argv[0] = 'projects' and counters.tenant_id = removed.tenant_id
      and counters.metric = 'expenses_per_project' and counters.scope_id = removed.id;
    for change in
      select removed.tenant_id, -count(*) as delta from old_rows as removed
      where removed.archived_at is null
      group by removed.tenant_id
    loop
      perform count_reference(change.tenant_id, tg_argv[0], change.delta);
    end loop;
  else
    for change in
      with moved as (
        select removed.tenant_id, -1 as delta from old_rows as removed
        where removed.archived_at is null
        union all
        select added.tenant_id, 1 from new_rows as added
        where added.archived_at is null
      )
      select moved.tenant_id, sum(moved.delta) as delta
      from moved
      group by moved.tenant_id
      having sum(moved.delta) <> 0
    loop
      perform count_reference(change.tenant_id, tg_argv[0], change.delta);
    end loop;
  end if;
  return null;
end
$$;

-- What expenses change of the usage is noticed when they are sealed, which spares them a row here; these are few.
create function count_reference(of_tenant uuid, of_metric text, delta bigint) returns void
language plpgsql as $$
begin
  perform count_usage(of_tenant, of_metric, '00000000-0000-0000-0000-000000000000', delta);
  insert into usage_changes (tenant_id) values (of_tenant);
end
$$;

create trigger usage_is_counted_as_added after insert on projects
  referencing new table as new_rows for each statement execute function count_references('projects');
create trigger usage_is_counted_as_changed after update on projects
  referencing old table as old_rows new table as new_rows for each statement
  execute function count_references('projects');
create trigger usage_is_counted_as_removed after delete on projects
  referencing old table as old_rows for each statement execute function count_references('projects');
create trigger usage_is_counted_as_added after insert on accounts
  referencing new table as new_rows for each statement execute function count_references('accounts');
create trigger usage_is_counted_as_changed after update on accounts
  referencing old table as old_rows new table as new_rows for each statement
  execute function count_references('accounts');
create trigger usage_is_counted_as_removed after delete on accounts
  referencing old table as old_rows for each statement execute function count_references('accounts');

-- Has counters know of it that they are at the limit, or no longer are: another plan has moved it, and nobody has counted
-- there since. What is reached is told then. So many of one metric, from a scope on; answers where to go on, null where
-- there are no more. In the order in which everybody takes counters, so that nobody who counts waits here in a circle.
create function settle_counters(of_tenant uuid, of_metric text, from_scope uuid, count_max integer) returns uuid
language plpgsql set search_path from current as $$
declare
  in_force record;
  counter record;
  settled_count integer := 0;
begin
  select limits.plan_limit, limits.is_soft into in_force
  from plan_limits(of_tenant) as limits
  where limits.metric = of_metric;
  for counter in
    select counters.scope_id
    from usage_counters as counters
    where counters.tenant_id = of_tenant and counters.metric = of_metric and counters.scope_id >= from_scope
    group by counters.scope_id
    having bool_or(counters.is_reached)
      <> is_limit_reached(sum(counters.used), in_force.plan_limit, in_force.is_soft)
    order by counters.scope_id
    limit count_max
  loop
    perform share_out_usage(of_tenant, of_metric, counter.scope_id, 0);
    settled_count := settled_count + 1;
    if settled_count = count_max then
      return counter.scope_id;
    end if;
  end loop;
  return null;
end
$$;

-- For tests and for whoever doubts: where a tenant's counters are not what they count, or their shares not what is left.
-- Of one snapshot. None: all is as it should be.
create function usage_faults(of_tenant uuid)
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

-- What is there already. The owner sees all tenants for as long as this takes. No room: the first who counts works it out.
alter table projects no force row level security;
alter table accounts no force row level security;
alter table expenses no force row level security;
alter table usage_counters no force row level security;
insert into usage_counters (tenant_id, metric, scope_id, slot, used, room, is_soft)
select projects.tenant_id, 'projects', '00000000-0000-0000-0000-000000000000'::uuid, 0, count(*), 0, false
from projects where projects.archived_at is null group by projects.tenant_id
union all
select accounts.tenant_id, 'accounts', '00000000-0000-0000-0000-000000000000', 0, count(*), 0, false
from accounts where accounts.archived_at is null group by accounts.tenant_id
union all
select expenses.tenant_id, 'expenses_total', '00000000-0000-0000-0000-000000000000', 0, count(*), 0, false
from expenses where expenses.status = 'posted' group by expenses.tenant_id
union all
select expenses.tenant_id, 'expenses_per_project', expenses.project_id, 0, count(*), 0, true
from expenses where expenses.status = 'posted' and expenses.project_id is not null
group by expenses.tenant_id, expenses.project_id;
alter table projects force row level security;
alter table accounts force row level security;
alter table expenses force row level security;
alter table usage_counters force row level security;

-- Down Migration

drop trigger usage_is_counted_as_added on expenses;
drop trigger usage_is_counted_as_changed on expenses;
drop trigger usage_is_counted_as_added on projects;
drop trigger usage_is_counted_as_changed on projects;
drop trigger usage_is_counted_as_removed on projects;
drop trigger usage_is_counted_as_added on accounts;
drop trigger usage_is_counted_as_changed on accounts;
drop trigger usage_is_counted_as_removed on accounts;
drop function usage_faults(uuid);
drop function settle_counters(uuid, text, uuid, integer);
drop function count_references();
drop function count_reference(uuid, text, bigint);
drop function count_expenses();
drop function count_usage(uuid, text, uuid, bigint);
drop function warn_of_usage(uuid, text, uuid);
drop function share_out_usage(uuid, text, uuid, bigint);
drop function is_limit_reached(numeric, bigint, boolean);
drop function plan_limits(uuid);
drop table usage_reports;
drop table usage_changes;
drop table usage_counters;
