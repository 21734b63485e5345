-- Up Migration

select set_config('search_path', format('%I, pg_temp', current_schema()), true);

-- A list is read along an index that has its order, and what is posted stands apart from what was taken back: however much
-- that is, after the undoing of a large import for one, a page costs what it shows.
drop index expenses_by_date;
drop index expenses_by_user;
drop index expenses_by_category;
drop index expenses_by_account;
drop index expenses_by_project;
drop index expenses_by_import;
-- Partial, so that a statement can keep the planner from them: it would follow the order of all expenses to find those of
-- an old project, as it takes them to be spread evenly (src/store/list-expenses.ts).
create index expenses_by_date on expenses (tenant_id, expense_date, id) where status = 'posted';
create index expenses_by_amount on expenses (tenant_id, booked_amount_minor, id) where status = 'posted';
create index expenses_by_creation on expenses (tenant_id, created_at, id) where status = 'posted';
create index reversed_expenses_by_date on expenses (tenant_id, expense_date, id) where status = 'reversed';
create index reversed_expenses_by_amount on expenses (tenant_id, booked_amount_minor, id) where status = 'reversed';
create index reversed_expenses_by_creation on expenses (tenant_id, created_at, id) where status = 'reversed';
create index expenses_by_user on expenses (tenant_id, user_id, status, expense_date, id);
create index expenses_by_category on expenses (tenant_id, category_id, status, expense_date, id);
create index expenses_by_account on expenses (tenant_id, account_id, status, expense_date, id);
create index expenses_by_project on expenses (tenant_id, project_id, status, expense_date, id);
create index expenses_by_import_date on expenses (tenant_id, import_id, status, expense_date, id)
  where import_id is not null;
create index expenses_by_vendor on expenses (tenant_id, vendor, status, expense_date, id) where vendor <> '';
create index expenses_by_payment_method on expenses (tenant_id, payment_method, status, expense_date, id)
  where payment_method <> '';
-- What was paid in the tenant's own currency is nearly everything, and is found by date.
create index expenses_by_currency on expenses (tenant_id, currency, status, expense_date, id)
  where currency <> booked_currency;

-- The words of title, description and vendor, each once and each after a space, as src/domain/search-words.ts makes them:
-- in small letters without accents, whatever the locale of the server.
alter table expenses add column search_text text not null default '';

-- Which expenses have a word or a tag: `w` and the word, or `t` and the tag. A table, as PostgreSQL uses no GIN index
-- beneath row-level security: the operators of tsvector and arrays are not leakproof, so that it looks at the policy
-- before them (measured: 0.6 s for a rare word among a million expenses, and 1 ms by this table).
create table expense_terms (
  tenant_id uuid not null,
  term text collate "C" not null,
  is_posted boolean not null,
  expense_date date not null,
  expense_id uuid not null,
  primary key (tenant_id, term, is_posted, expense_date, expense_id)
);
call protect_tenant_table('expense_terms', 'select, insert, delete');

-- Words are cut where an index entry would grow too long; who looks for a longer one compares the text as well. So a term
-- may come twice.
create function expense_terms_of(search_text text, tags text[]) returns setof text
language sql immutable parallel safe as $$
  select 'w' || left(word, 64) from string_to_table(search_text, ' ') as word where word <> ''
  union all
  select 't' || tag from unnest(tags) as tag
$$;

-- Triggers, so that terms are right whoever writes expenses.
create function add_expense_terms() returns trigger
language plpgsql set search_path from current as $$
begin
  -- Made distinct once for all, which costs a third of doing so for each expense.
  insert into expense_terms (tenant_id, term, is_posted, expense_date, expense_id)
  select distinct added.tenant_id, terms.term, added.status = 'posted', added.expense_date, added.id
  from added
  cross join lateral expense_terms_of(added.search_text, added.tags) as terms (term);
  return null;
end
$$;
create trigger expense_terms_are_added after insert on expenses
  referencing new table as added for each statement execute function add_expense_terms();

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

-- What is there already, of all tenants, which the owner sees for as long as this takes.
alter table expenses no force row level security;
alter table expense_terms no force row level security;
alter table expenses disable trigger expense_terms_are_replaced;
update expenses
set search_text = coalesce(
  (
    select string_agg(' ' || found.word, '' order by found.word)
    from (
      select distinct word
      from regexp_split_to_table(
        lower(regexp_replace(
          normalize(expenses.title || ' ' || expenses.description || ' ' || expenses.vendor, nfkd), '[\u0300-\u036f]', '', 'g'
        )),
        '[^0-9A-Za-z\u0080-\U0010ffff]+'
      ) as word
      where word <> ''
    ) as found
  ),
  ''
);
insert into expense_terms (tenant_id, term, is_posted, expense_date, expense_id)
select distinct expenses.tenant_id, terms.term, expenses.status = 'posted', expenses.expense_date, expenses.id
from expenses
cross join lateral expense_terms_of(expenses.search_text, expenses.tags) as terms (term);
alter table expenses enable trigger expense_terms_are_replaced;
alter table expense_terms force row level security;
alter table expenses force row level security;

-- Down Migration

drop trigger expense_terms_are_replaced on expenses;
drop trigger expense_terms_are_added on expenses;
drop function replace_expense_terms();
drop function add_expense_terms();
drop table expense_terms;
drop function expense_terms_of(text, text[]);
alter table expenses drop column search_text;
drop index expenses_by_currency;
drop index expenses_by_payment_method;
drop index expenses_by_vendor;
drop index expenses_by_import_date;
drop index expenses_by_project;
drop index expenses_by_account;
drop index expenses_by_category;
drop index expenses_by_user;
drop index reversed_expenses_by_creation;
drop index reversed_expenses_by_amount;
drop index reversed_expenses_by_date;
drop index expenses_by_creation;
drop index expenses_by_amount;
drop index expenses_by_date;
create index expenses_by_date on expenses (tenant_id, expense_date, id);
create index expenses_by_user on expenses (tenant_id, user_id, expense_date, id);
create index expenses_by_category on expenses (tenant_id, category_id, expense_date, id);
create index expenses_by_account on expenses (tenant_id, account_id, expense_date, id);
create index expenses_by_project on expenses (tenant_id, project_id, expense_date, id);
create index expenses_by_import on expenses (tenant_id, import_id) where import_id is not null;
