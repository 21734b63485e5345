-- Up Migration

-- The order in which expenses were projected. It is drawn when an event is applied, so that a rebuild which drew its
-- own number before it asked the ledger can tell what reached this service later, without trusting any clock.
create sequence projection_order;
do $$
begin
  execute format('grant usage on sequence projection_order to %I', 'outlay_' || current_schema());
end
$$;

-- Each tenant's books as the tenancy events describe them.
create table tenants (
  tenant_id uuid not null,
  currency char(3) not null,
  version bigint not null,
  primary key (tenant_id)
);
call protect_tenant_table('tenants');

-- The newest state seen of each expense; `version` keeps older and repeated events out.
create table expense_facts (
  tenant_id uuid not null,
  expense_id uuid not null,
  version bigint not null,
  is_posted boolean not null,
  expense_date date not null,
  currency char(3) not null,
  -- In the tenant's currency; negative for a refund.
  amount_minor bigint not null,
  category_id uuid,
  project_id uuid,
  account_id uuid,
  projected bigint not null default nextval('projection_order'),
  primary key (tenant_id, expense_id)
);
call protect_tenant_table('expense_facts');

-- Sums of the posted expenses of a month: all of them, and by each dimension. Expenses without a category, project or
-- account are summed under the nil UUID. The currency is in the key so that a sum can never mix two.
create table month_totals (
  tenant_id uuid not null,
  month date not null check (extract(day from month) = 1),
  dimension text not null check (dimension in ('all', 'category', 'project', 'account')),
  dimension_id uuid not null,
  currency char(3) not null,
  total_minor bigint not null,
  expense_count bigint not null,
  refunds_total_minor bigint not null,
  refunds_count bigint not null,
  primary key (tenant_id, month, dimension, dimension_id, currency)
) with (fillfactor = 50);
comment on table month_totals is 'Updated far more often than read; the free half of each page keeps updates off the index.';
call protect_tenant_table('month_totals');

-- What categories, projects and accounts are called. Version 0: learnt from an expense that refers to it.
create table dimension_names (
  tenant_id uuid not null,
  dimension text not null check (dimension in ('category', 'project', 'account')),
  dimension_id uuid not null,
  name text not null,
  version bigint not null,
  primary key (tenant_id, dimension, dimension_id)
);
call protect_tenant_table('dimension_names');

-- What the ledger streamed for a rebuild under way. Unlogged: a rebuild that a crash interrupts is begun anew.
create unlogged table rebuild_expenses (
  tenant_id uuid not null,
  rebuild_id uuid not null,
  expense_id uuid not null,
  version bigint not null,
  is_posted boolean not null,
  expense_date date not null,
  currency char(3) not null,
  amount_minor bigint not null,
  category_id uuid,
  project_id uuid,
  account_id uuid,
  staged_at timestamptz not null default now(),
  primary key (tenant_id, rebuild_id, expense_id)
);
call protect_tenant_table('rebuild_expenses');

-- Down Migration

drop table rebuild_expenses;
drop table dimension_names;
drop table month_totals;
drop table expense_facts;
drop table tenants;
drop sequence projection_order;
