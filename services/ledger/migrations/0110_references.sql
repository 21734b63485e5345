-- Up Migration

select set_config('search_path', format('%I, pg_temp', current_schema()), true);

-- What expenses refer to can be described, renamed, archived and, while nothing refers to it, removed. A name is taken
-- by what is not archived; what is archived keeps its own and goes on to be shown.
alter table projects
  add column code text not null default '' check (length(code) <= 32),
  add column description text not null default '' check (length(description) <= 2000),
  add column archived_at timestamptz,
  -- Since when it has its present name: the books of before show the earlier one.
  add column named_at timestamptz;
alter table accounts
  add column description text not null default '' check (length(description) <= 2000),
  add column archived_at timestamptz,
  add column named_at timestamptz,
  -- What it held before its first expense, in its own currency, and the entry that says so.
  add column opening_minor bigint,
  add column opening_date date,
  add column opening_entry_id uuid,
  add column has_history boolean not null default false,
  add constraint accounts_opening_check
    check (num_nonnulls(opening_minor, opening_date, opening_entry_id) in (0, 3)),
  drop constraint accounts_kind_check,
  add constraint accounts_kind_check check (kind in ('cash', 'bank', 'card', 'loan', 'investment', 'other'));
alter table categories
  add column description text not null default '' check (length(description) <= 2000),
  add column archived_at timestamptz,
  add column named_at timestamptz,
  -- Whether the journal has postings to it beside those of expenses that refer to it now: it cannot be removed any more.
  add column has_history boolean not null default false,
  -- Who changes the tree holds the tenant's tree lock, so that no two changes together make a circle
  -- (src/store/category-tree.ts).
  add column parent_id uuid,
  add constraint categories_parent_fkey foreign key (tenant_id, parent_id) references categories (tenant_id, id),
  add constraint categories_parent_check check (parent_id <> id);
-- The way down, for a category with its descendants.
create index categories_by_parent on categories (tenant_id, parent_id) where parent_id is not null;

drop index categories_name_key;
drop index accounts_name_key;
drop index projects_name_key;
create unique index categories_name_key on categories (tenant_id, name) where archived_at is null;
create unique index accounts_name_key on accounts (tenant_id, name) where archived_at is null;
create unique index projects_name_key on projects (tenant_id, name) where archived_at is null;
-- The order of lists, archived ones included.
create index categories_by_name on categories (tenant_id, name, id);
create index accounts_by_name on accounts (tenant_id, name, id);
create index projects_by_name on projects (tenant_id, name, id);

-- What is archived takes no new expense, also where it is archived while one is booked. What the expense refers to is locked
-- by now, as foreign keys are checked before this, and here each statement sees what was committed before it. So either it
-- is seen to be archived, or whoever archives it waits for this transaction before saying so
-- (src/store/await-bookings.ts). Run again, the command sees it too, and says which one it is. This is for expenses that are
-- moved, which go on to what they referred to before; for new ones count_expenses asks the same (migration 0130).
create function refuse_archived() returns trigger
language plpgsql set search_path from current as $$
begin
  if exists (
    select from categories
    where categories.tenant_id = new.tenant_id and categories.id = nullif(new.category_id, old.category_id)
      and categories.archived_at is not null
  ) or exists (
    select from accounts
    where accounts.tenant_id = new.tenant_id and accounts.id = nullif(new.account_id, old.account_id)
      and accounts.archived_at is not null
  ) or exists (
    select from projects
    where projects.tenant_id = new.tenant_id and projects.id = nullif(new.project_id, old.project_id)
      and projects.archived_at is not null
  ) then
    raise exception 'What an expense refers to was archived meanwhile' using errcode = 'serialization_failure';
  end if;
  return null;
end
$$;
create trigger archived_is_refused after update of category_id, account_id, project_id on expenses
  for each row
  when (
    old.category_id is distinct from new.category_id or old.account_id is distinct from new.account_id
    or old.project_id is distinct from new.project_id
  )
  execute function refuse_archived();

-- What an expense no longer refers to has been posted to all the same.
create function keep_history() returns trigger
language plpgsql set search_path from current as $$
begin
  if old.category_id is distinct from new.category_id then
    update categories set has_history = true
    where categories.tenant_id = old.tenant_id and categories.id = old.category_id and not categories.has_history;
  end if;
  if old.account_id is distinct from new.account_id then
    update accounts set has_history = true
    where accounts.tenant_id = old.tenant_id and accounts.id = old.account_id and not accounts.has_history;
  end if;
  return null;
end
$$;
create trigger history_is_kept after update of category_id, account_id on expenses
  for each row
  when (old.category_id is distinct from new.category_id or old.account_id is distinct from new.account_id)
  execute function keep_history();

-- Of what was posted so far, any may have been such. The owner sees all tenants for as long as this takes.
alter table postings no force row level security;
alter table categories no force row level security;
alter table accounts no force row level security;
update categories set has_history = true
from (select distinct postings.tenant_id, postings.ledger_account_id from postings) as posted
where posted.tenant_id = categories.tenant_id and posted.ledger_account_id = categories.id;
update accounts set has_history = true
from (select distinct postings.tenant_id, postings.ledger_account_id from postings) as posted
where posted.tenant_id = accounts.tenant_id and posted.ledger_account_id = accounts.id;
alter table postings force row level security;
alter table categories force row level security;
alter table accounts force row level security;

do $$
begin
  execute format('grant delete on categories, accounts, projects to %I', 'outlay_' || current_schema());
end
$$;

-- What accounts of the chart were called until an instant, and those that are gone. Whoever asks for the books as they were
-- known sees them with the names of that time.
create table former_ledger_accounts (
  tenant_id uuid not null,
  id uuid not null,
  known_from timestamptz not null,
  known_until timestamptz not null,
  class text not null,
  name text not null,
  primary key (tenant_id, id, known_until),
  check (known_from < known_until)
);
call protect_tenant_table('former_ledger_accounts', 'select, insert');

create function keep_former_ledger_account() returns trigger
language plpgsql set search_path from current as $$
declare
  named_at timestamptz := coalesce(old.named_at, old.created_at);
  -- now() is when the transaction began: another one may have begun later, and given the name that is replaced here.
  until timestamptz := greatest(now(), named_at + interval '1 microsecond');
begin
  -- Renamed twice in a transaction: nobody has seen what was between.
  if named_at <> now() then
    insert into former_ledger_accounts (tenant_id, id, known_from, known_until, class, name)
    values (old.tenant_id, old.id, named_at, until, tg_argv[0], old.name);
  end if;
  if tg_op = 'DELETE' then
    return old;
  end if;
  new.named_at := case when named_at = now() then now() else until end;
  return new;
end
$$;
create trigger former_name_is_kept before update of name on categories
  for each row when (old.name <> new.name) execute function keep_former_ledger_account('expense');
create trigger former_account_is_kept before delete on categories
  for each row execute function keep_former_ledger_account('expense');
create trigger former_name_is_kept before update of name on accounts
  for each row when (old.name <> new.name) execute function keep_former_ledger_account('asset');
create trigger former_account_is_kept before delete on accounts
  for each row execute function keep_former_ledger_account('asset');

-- With a fourth account that every tenant has: where opening balances come from.
create or replace view ledger_accounts with (security_invoker = true) as
select categories.tenant_id, categories.id, 'expense' as class, categories.name,
  coalesce(categories.named_at, categories.created_at) as created_at
from categories
union all
select accounts.tenant_id, accounts.id, 'asset', accounts.name, coalesce(accounts.named_at, accounts.created_at)
from accounts
union all
select tenants.tenant_id, fixed.id, fixed.class, fixed.name, '-infinity'::timestamptz
from tenants
cross join (values
  ('00000000-0000-7000-8000-000000000001'::uuid, 'expense', 'Uncategorised'),
  ('00000000-0000-7000-8000-000000000002'::uuid, 'asset', 'Unassigned'),
  ('00000000-0000-7000-8000-000000000003'::uuid, 'equity', 'Currency exchange'),
  ('00000000-0000-7000-8000-000000000004'::uuid, 'equity', 'Opening balances')
) as fixed (id, class, name);

-- Down Migration

create or replace view ledger_accounts with (security_invoker = true) as
select categories.tenant_id, categories.id, 'expense' as class, categories.name, categories.created_at from categories
union all
select accounts.tenant_id, accounts.id, 'asset', accounts.name, accounts.created_at from accounts
union all
select tenants.tenant_id, fixed.id, fixed.class, fixed.name, '-infinity'::timestamptz
from tenants
cross join (values
  ('00000000-0000-7000-8000-000000000001'::uuid, 'expense', 'Uncategorised'),
  ('00000000-0000-7000-8000-000000000002'::uuid, 'asset', 'Unassigned'),
  ('00000000-0000-7000-8000-000000000003'::uuid, 'equity', 'Currency exchange')
) as fixed (id, class, name);

drop trigger former_name_is_kept on categories;
drop trigger former_account_is_kept on categories;
drop trigger former_name_is_kept on accounts;
drop trigger former_account_is_kept on accounts;
drop function keep_former_ledger_account();
drop table former_ledger_accounts;

do $$
begin
  execute format('revoke delete on categories, accounts, projects from %I', 'outlay_' || current_schema());
end
$$;

-- Fails where an archived one has a name that was taken again, and where accounts are loans or investments.
drop index categories_by_name;
drop index accounts_by_name;
drop index projects_by_name;
drop index categories_name_key;
drop index accounts_name_key;
drop index projects_name_key;
create unique index categories_name_key on categories (tenant_id, name);
create unique index accounts_name_key on accounts (tenant_id, name);
create unique index projects_name_key on projects (tenant_id, name);

drop trigger archived_is_refused on expenses;
drop function refuse_archived();
drop trigger history_is_kept on expenses;
drop function keep_history();

drop index categories_by_parent;
alter table categories
  drop column has_history,
  drop column parent_id,
  drop column named_at,
  drop column archived_at,
  drop column description;
alter table accounts
  drop constraint accounts_kind_check,
  add constraint accounts_kind_check check (kind in ('cash', 'bank', 'card', 'other')),
  drop column has_history,
  drop column opening_entry_id,
  drop column opening_date,
  drop column opening_minor,
  drop column named_at,
  drop column archived_at,
  drop column description;
alter table projects
  drop column named_at,
  drop column archived_at,
  drop column description,
  drop column code;
