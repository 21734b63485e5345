-- Up Migration

-- Who has which subdomain. Its holder is a tenant, or one to be whose registration is under way: claiming the name
-- comes first, so that of two registrations at once one is refused before anything else is made.
create table subdomains (
  name text primary key check (name ~ '^[a-z0-9](-?[a-z0-9])*$' and length(name) between 3 and 63),
  holder_id uuid not null unique
);
call protect_global_table('subdomains', 'select, insert, delete');

-- A registration spans this service and identity. The row is written before identity is asked, so that a crash between
-- the two leaves something to settle; the tenant appears when the owner exists. It belongs to no tenant, as there is
-- none yet. Completed ones keep only what it takes to give the same answer again, and that for two days.
create table registrations (
  id uuid primary key,
  subdomain text not null unique references subdomains (name),
  name text not null,
  owner_email text,
  idempotency_key text unique,
  request_hash bytea not null,
  -- When it was last worked on; the job that settles what was left behind keeps away from the fresh ones.
  attempted_at timestamptz not null,
  completed_at timestamptz,
  answer jsonb,
  check ((completed_at is null) = (answer is null) and (completed_at is null) = (owner_email is not null))
);
create index registrations_open on registrations (attempted_at) where completed_at is null;
call protect_global_table('registrations');

create table tenants (
  tenant_id uuid primary key,
  name text not null,
  subdomain text not null unique references subdomains (name),
  status text not null check (status in ('active', 'suspended')),
  plan_code text not null,
  plan_version integer not null,
  currency char(3) not null,
  timezone text not null,
  date_format text not null,
  version bigint not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  foreign key (plan_code, plan_version) references plans (code, version)
);
call protect_tenant_table('tenants', 'select, insert, update');
-- The list of all tenants, for the platform admin.
call grant_system('tenants', 'select');

-- Down Migration

drop table tenants;
drop table registrations;
drop table subdomains;
