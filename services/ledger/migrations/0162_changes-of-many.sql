-- Up Migration

select set_config('search_path', format('%I, pg_temp', current_schema()), true);

-- What follows from a change of expenses is drawn once for a statement, however many it changes. For each expense apart it
-- took most of the time in which an import was taken back.

-- An expense is told from what it was before by all that its terms are made of: by sets, as two lists that are joined by a
-- plan for one expense would be compared pair by pair.
create function replace_terms_of_changed() returns trigger
language plpgsql set search_path from current as $$
begin
  -- Each term by a lookup (offset 0). Joined, a tenant's terms would all be read for each expense, where the planner takes
  -- them to be few: as long as nothing is known of a new tenant, or among many small ones.
  delete from expense_terms
  where expense_terms.ctid = any (array(
    select held.ctid
    from (
      select old_rows.tenant_id, old_rows.id, old_rows.status, old_rows.expense_date, old_rows.search_text, old_rows.tags
      from old_rows
      except
      select new_rows.tenant_id, new_rows.id, new_rows.status, new_rows.expense_date, new_rows.search_text, new_rows.tags
      from new_rows
    ) as removed
    cross join lateral expense_terms_of(removed.search_text, removed.tags) as terms (term)
    cross join lateral (
      select expense_terms.ctid from expense_terms
      where expense_terms.tenant_id = removed.tenant_id and expense_terms.term = terms.term
        and expense_terms.is_posted = (removed.status = 'posted') and expense_terms.expense_date = removed.expense_date
        and expense_terms.expense_id = removed.id
      offset 0
    ) as held
  ));
  insert into expense_terms (tenant_id, term, is_posted, expense_date, expense_id)
  select distinct added.tenant_id, terms.term, added.status = 'posted', added.expense_date, added.id
  from (
    select new_rows.tenant_id, new_rows.id, new_rows.status, new_rows.expense_date, new_rows.search_text, new_rows.tags
    from new_rows
    except
    select old_rows.tenant_id, old_rows.id, old_rows.status, old_rows.expense_date, old_rows.search_text, old_rows.tags
    from old_rows
  ) as added
  cross join lateral expense_terms_of(added.search_text, added.tags) as terms (term);
  return null;
end
$$;
drop trigger expense_terms_are_replaced on expenses;
drop function replace_expense_terms();
create trigger expense_terms_are_replaced after update on expenses
  referencing old table as old_rows new table as new_rows for each statement execute function replace_terms_of_changed();

create function count_tags_of_changed() returns trigger
language plpgsql set search_path from current as $$
begin
  insert into tag_changes (tenant_id, user_id, tag, delta)
  select change.tenant_id, change.user_id, change.tag, sum(change.delta)
  from (
    select removed.tenant_id, removed.user_id, unnest(removed.tags) as tag, -1 as delta from old_rows as removed
    where removed.status = 'posted'
    union all
    select added.tenant_id, added.user_id, unnest(added.tags), 1 from new_rows as added
    where added.status = 'posted'
  ) as change
  group by change.tenant_id, change.user_id, change.tag
  having sum(change.delta) <> 0;
  return null;
end
$$;
drop trigger tag_changes_are_counted on expenses;
drop function count_changed_tags();
create trigger tag_changes_are_counted after update on expenses
  referencing old table as old_rows new table as new_rows for each statement execute function count_tags_of_changed();

-- As count_expenses counted changes, but that one update counts for all projects without a limit, as for new expenses. A slot
-- without room that is of the limits in force says that there is none.
create function count_changed_expenses() returns trigger
language plpgsql set search_path from current as $$
declare
  change record;
begin
  for change in
    with moved as (
      select removed.tenant_id, removed.project_id, -1 as delta from old_rows as removed
      where removed.status = 'posted'
      union all
      select added.tenant_id, added.project_id, 1 from new_rows as added
      where added.status = 'posted'
    ), changed as materialized (
      select moved.tenant_id, moved.project_id as scope_id, sum(moved.delta) as delta
      from moved
      where moved.project_id is not null
      group by moved.tenant_id, moved.project_id
      having sum(moved.delta) <> 0
      order by moved.project_id
    ), counted as (
      update usage_counters as counters
      set used = counters.used + changed.delta
      from changed
      where counters.tenant_id = changed.tenant_id and counters.metric = 'expenses_per_project'
        and counters.scope_id = changed.scope_id and counters.slot = pg_backend_pid() % 32
        and counters.limits_version = (
          select tenants.entitlements_version from tenants where tenants.tenant_id = changed.tenant_id
        )
        and counters.room is null
      returning counters.scope_id
    )
    select changed.tenant_id, 'expenses_per_project' as metric, changed.scope_id, changed.delta
    from changed
    where not exists (select from counted where counted.scope_id = changed.scope_id)
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
drop trigger usage_is_counted_as_changed on expenses;
create trigger usage_is_counted_as_changed after update on expenses
  referencing old table as old_rows new table as new_rows for each statement execute function count_changed_expenses();

-- Down Migration

select set_config('search_path', format('%I, pg_temp', current_schema()), true);

drop trigger usage_is_counted_as_changed on expenses;
drop function count_changed_expenses();
create trigger usage_is_counted_as_changed after update on expenses
  referencing old table as old_rows new table as new_rows for each statement execute function count_expenses();

drop trigger tag_changes_are_counted on expenses;
drop function count_tags_of_changed();
create function count_changed_tags() returns trigger
language plpgsql set search_path from current as $$
begin
  insert into tag_changes (tenant_id, user_id, tag, delta)
  select new.tenant_id, change.user_id, change.tag, sum(change.delta)
  from (
    select old.user_id, unnest(old.tags) as tag, -1 as delta where old.status = 'posted'
    union all
    select new.user_id, unnest(new.tags), 1 where new.status = 'posted'
  ) as change
  group by change.user_id, change.tag
  having sum(change.delta) <> 0;
  return null;
end
$$;
create trigger tag_changes_are_counted after update of tags, status, user_id on expenses
  for each row
  when (old.tags <> new.tags or old.status <> new.status or old.user_id <> new.user_id)
  execute function count_changed_tags();

drop trigger expense_terms_are_replaced on expenses;
drop function replace_terms_of_changed();
create function replace_expense_terms() returns trigger
language plpgsql set search_path from current as $$
begin
  delete from expense_terms
  where expense_terms.tenant_id = old.tenant_id
    and expense_terms.term in (select terms.term from expense_terms_of(old.search_text, old.tags) as terms (term))
    and expense_terms.is_posted = (old.status = 'posted') and expense_terms.expense_date = old.expense_date
    and expense_terms.expense_id = old.id;
  insert into expense_terms (tenant_id, term, is_posted, expense_date, expense_id)
  select distinct new.tenant_id, terms.term, new.status = 'posted', new.expense_date, new.id
  from expense_terms_of(new.search_text, new.tags) as terms (term);
  return null;
end
$$;
create trigger expense_terms_are_replaced after update on expenses for each row
  when (
    old.search_text is distinct from new.search_text or old.tags is distinct from new.tags
    or old.status is distinct from new.status or old.expense_date is distinct from new.expense_date
  )
  execute function replace_expense_terms();
