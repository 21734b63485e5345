-- Up Migration

-- How much a tenant uses of what plans limit, as those who count told last.
create table usage (
  tenant_id uuid not null,
  metric text not null check (metric in ('projects', 'accounts', 'expenses_per_project', 'expenses_total')),
  used bigint not null,
  -- Of a metric by project, the project that has most.
  scope_id uuid,
  -- Of the telling: a later one has the newer count, whatever the order of arrival.
  version bigint not null,
  counted_at timestamptz not null,
  primary key (tenant_id, metric)
);
call protect_tenant_table('usage', 'select, insert, update');

-- Down Migration

drop table usage;
