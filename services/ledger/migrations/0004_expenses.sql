-- Up Migration

-- Each expense in its present state; the journal holds how it got there.
create table expenses (
  tenant_id uuid not null,
  id uuid not null,
  version bigint not null default 1,
  status text not null default 'posted' check (status in ('posted', 'reversed')),
  -- The journal entry now in force; of a reversed expense, the last one that was. No foreign key: one to a partitioned
  -- table costs 31 microseconds a row, and entries are neither deleted nor booked apart from their expense.
  entry_id uuid not null,
  entry_recorded_at timestamptz not null,
  -- What was paid, in the shop's currency.
  currency char(3) not null,
  amount_minor bigint not null check (amount_minor <> 0),
  -- The same in the tenant's currency; may round to zero.
  booked_currency char(3) not null,
  booked_amount_minor bigint not null,
  rate numeric not null check (rate > 0),
  rate_source text not null check (rate_source in ('identity', 'billed', 'given')),
  rate_date date not null,
  title text not null check (length(title) between 1 and 200),
  description text not null default '',
  category_id uuid,
  account_id uuid,
  project_id uuid,
  expense_date date not null,
  payment_method text not null default '',
  tags text[] not null default '{}',
  vendor text not null default '',
  user_id uuid not null,
  import_id uuid,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, category_id) references categories (tenant_id, id),
  foreign key (tenant_id, account_id) references accounts (tenant_id, id),
  foreign key (tenant_id, project_id) references projects (tenant_id, id)
);
-- Lists are read along one of these, forwards or backwards, from the cursor's (expense_date, id).
create index expenses_by_date on expenses (tenant_id, expense_date, id);
create index expenses_by_user on expenses (tenant_id, user_id, expense_date, id);
create index expenses_by_category on expenses (tenant_id, category_id, expense_date, id);
create index expenses_by_account on expenses (tenant_id, account_id, expense_date, id);
create index expenses_by_project on expenses (tenant_id, project_id, expense_date, id);
create index expenses_by_import on expenses (tenant_id, import_id) where import_id is not null;
call protect_tenant_table('expenses', 'select, insert, update');

-- Down Migration

drop table expenses;
