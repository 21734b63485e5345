-- Up Migration

select set_config('search_path', format('%I, pg_temp', current_schema()), true);

-- How many posted expenses of each person have a tag. Counts are kept, as counting a popular tag means reading all that have it.
-- They are kept per person, as members see the tags of their own expenses alone.
create table tag_counts (
  tenant_id uuid not null,
  tag text collate "C" not null,
  user_id uuid not null,
  expense_count bigint not null,
  primary key (tenant_id, tag, user_id)
) with (fillfactor = 80);
call protect_tenant_table('tag_counts');

-- What is to be added to the counts. Expenses with one tag would queue up for the row of its count, so they leave a row
-- each that nobody waits for; the background adds them up (src/jobs/tag-tally.ts), and until then readers do. Of many
-- expenses that are booked at once (an import) there is one row for each person and tag.
create table tag_changes (
  tenant_id uuid not null,
  id bigint generated always as identity,
  user_id uuid not null,
  tag text collate "C" not null,
  delta bigint not null,
  primary key (tenant_id, id)
);
-- Locking what is taken needs the right to update it.
call protect_tenant_table('tag_changes');
-- Whose have changed, is asked across tenants.
call grant_system('tag_changes', 'select (tenant_id)');

-- Triggers count, so that a count is what it counts in code that nobody has written yet too. Tags of an expense are distinct.
create function count_new_tags() returns trigger
language plpgsql set search_path from current as $$
begin
  insert into tag_changes (tenant_id, user_id, tag, delta)
  select added.tenant_id, added.user_id, tags.tag, count(*)
  from new_rows as added
  cross join unnest(added.tags) as tags (tag)
  where added.status = 'posted'
  group by added.tenant_id, added.user_id, tags.tag;
  return null;
end
$$;
create trigger tags_are_counted after insert on expenses
  referencing new table as new_rows for each statement execute function count_new_tags();

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

-- The owner sees all tenants for as long as this takes.
alter table expenses no force row level security;
alter table tag_counts no force row level security;
insert into tag_counts (tenant_id, tag, user_id, expense_count)
select expenses.tenant_id, tags.tag, expenses.user_id, count(*)
from expenses
cross join unnest(expenses.tags) as tags (tag)
where expenses.status = 'posted'
group by expenses.tenant_id, tags.tag, expenses.user_id;
alter table expenses force row level security;
alter table tag_counts force row level security;

-- Down Migration

drop trigger tags_are_counted on expenses;
drop trigger tag_changes_are_counted on expenses;
drop function count_new_tags();
drop function count_changed_tags();
drop table tag_changes;
drop table tag_counts;
