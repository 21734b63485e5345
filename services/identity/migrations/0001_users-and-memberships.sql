-- Up Migration

-- People, across all tenants. An e-mail address belongs to one person, whatever its case.
create table users (
  id uuid primary key,
  email text not null check (length(email) between 3 and 254),
  email_key text not null generated always as (lower(email)) stored unique,
  password_hash text not null,
  first_name text not null,
  last_name text not null,
  platform_admin boolean not null default false,
  version bigint not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
call protect_global_table('users', 'select, insert, update');
-- Signing in asks for a person and all their memberships in one query, before there is a tenant to ask for.
call grant_system('users', 'select');

-- What identity must know of a tenant all the time: how it is called, and what its plan allows. Made with the owner,
-- then kept up to date by tenancy-billing's events. Each kind of event keeps the last version seen, as events may
-- come twice and in any order.
create table tenants (
  tenant_id uuid primary key,
  name text not null,
  subdomain text not null,
  status text not null default 'active',
  profile_version bigint not null default 0,
  plan text,
  entitlements jsonb not null default '[]',
  entitlements_version bigint not null default 0,
  created_at timestamptz not null
);
call protect_tenant_table('tenants', 'select, insert, update');
call grant_system('tenants', 'select');

create table memberships (
  tenant_id uuid not null references tenants (tenant_id),
  user_id uuid not null references users (id),
  role text not null check (role in ('owner', 'admin', 'analyst', 'member')),
  version bigint not null default 1,
  created_at timestamptz not null,
  primary key (tenant_id, user_id)
);
-- A tenant has one owner, whatever is tried at once.
create unique index memberships_owner on memberships (tenant_id) where role = 'owner';
create index memberships_user_id on memberships (user_id);
call protect_tenant_table('memberships');
call grant_system('memberships', 'select');

-- Down Migration

drop table memberships;
drop table tenants;
drop table users;
