-- Up Migration

select set_config('search_path', format('%I, pg_temp', current_schema()), true);

-- Whoever records an expense beyond a soft limit is warned in the answer, and in the repeated one. The statement stores its
-- answer before it has counted, so the counting adds what it has to say, in the same transaction. app.answered_actor and
-- app.answered_key tell where the answer is; without a key it is not stored.

-- What is used of a limit that is exceeded; null where it is not.
create function exceeded_use(of_tenant uuid, of_metric text, of_scope uuid) returns jsonb
language sql stable as $$
  select jsonb_build_object(
    'metric', of_metric, 'scope_id', of_scope, 'limit', sum(counters.used) + sum(counters.room), 'used', sum(counters.used)
  )
  from usage_counters as counters
  where counters.tenant_id = of_tenant and counters.metric = of_metric and counters.scope_id = of_scope
  having sum(counters.room) < 0
$$;

create function keep_exceeded(of_tenant uuid, use jsonb) returns void
language plpgsql as $$
begin
  if use is null or coalesce(current_setting('app.answered_key', true), '') = '' then
    return;
  end if;
  update idempotency_keys as stored
  set answer = stored.answer || jsonb_build_object('exceeded', coalesce(stored.answer -> 'exceeded', '[]') || use)
  where stored.tenant_id = of_tenant and stored.actor_id = current_setting('app.answered_actor')
    and stored.operation = 'record_expense' and stored.key = current_setting('app.answered_key');
end
$$;

-- As before, and keeps what it says.
create or replace function warn_of_usage(of_tenant uuid, of_metric text, of_scope uuid) returns void
language plpgsql as $$
declare
  use constant jsonb := exceeded_use(of_tenant, of_metric, of_scope);
begin
  if use is null then
    return;
  end if;
  raise notice 'plan_limit_exceeded' using errcode = 'OL299', detail = use::text;
  perform keep_exceeded(of_tenant, use);
end
$$;

-- As before, but that close to a soft limit, where slot 0 has all room, an expense is counted there without the long way.
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
        -- Close to a limit nobody has a share but slot 0, which this does not bring to its end.
        update usage_counters as counters
        set used = counters.used + 1, room = counters.room - 1
        where counters.tenant_id = expense.tenant_id and counters.metric = 'expenses_per_project'
          and counters.scope_id = expense.project_id and counters.slot = 0 and not counters.is_spread
          and counters.limits_version = version
          and (counters.room > 1 or (counters.room < 0 and counters.room > -1024 and counters.is_soft))
        returning counters.room into room_left;
      end if;
      if not found then
        perform share_out_usage(expense.tenant_id, 'expenses_per_project', expense.project_id, 1);
        perform keep_exceeded(expense.tenant_id, exceeded_use(expense.tenant_id, 'expenses_per_project', expense.project_id));
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
      perform keep_exceeded(
        expense.tenant_id,
        exceeded_use(expense.tenant_id, 'expenses_total', '00000000-0000-0000-0000-000000000000')
      );
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

-- Down Migration

select set_config('search_path', format('%I, pg_temp', current_schema()), true);

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

create or replace function warn_of_usage(of_tenant uuid, of_metric text, of_scope uuid) returns void
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

drop function keep_exceeded(uuid, jsonb);
drop function exceeded_use(uuid, text, uuid);
