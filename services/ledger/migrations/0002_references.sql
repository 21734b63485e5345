-- Up Migration

-- What expenses refer to. Nothing grants delete: postings keep their ids for ever. Names that differ in letter case are
-- two names: in real cost centres they stand for two things.
create table categories (
  tenant_id uuid not null,
  id uuid not null,
  name text not null check (length(name) between 1 and 200),
  version bigint not null default 1,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id)
);
create unique index categories_name_key on categories (tenant_id, name);
call protect_tenant_table('categories', 'select, insert, update');

create table accounts (
  tenant_id uuid not null,
  id uuid not null,
  name text not null check (length(name) between 1 and 200),
  kind text not null check (kind in ('cash', 'bank', 'card', 'other')),
  -- Never changes: postings to the account are in it.
  currency char(3) not null check (currency ~ '^[A-Z]{3}$'),
  version bigint not null default 1,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id)
);
create unique index accounts_name_key on accounts (tenant_id, name);
call protect_tenant_table('accounts', 'select, insert, update');

create table projects (
  tenant_id uuid not null,
  id uuid not null,
  name text not null check (length(name) between 1 and 200),
  version bigint not null default 1,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id)
);
create unique index projects_name_key on projects (tenant_id, name);
call protect_tenant_table('projects', 'select, insert, update');

-- Down Migration

drop table projects;
drop table accounts;
drop table categories;
