-- Up Migration

alter table imports
  -- Whether the one who sent it may make categories, projects and accounts: what its rows name and is not there is then made.
  add column makes_references boolean not null default true,
  -- What it had made and undoing it has archived.
  add column references_removed integer not null default 0;

-- What booking an import has made for its expenses to refer to, for undoing it to archive.
create table import_made (
  tenant_id uuid not null,
  import_id uuid not null,
  kind text not null check (kind in ('account', 'category', 'project')),
  -- In the order in which it was made: what is beneath something comes after it.
  position bigint generated always as identity,
  reference_id uuid not null,
  primary key (tenant_id, import_id, kind, position),
  foreign key (tenant_id, import_id) references imports (tenant_id, id)
);
call protect_tenant_table('import_made', 'select, insert, delete');

-- Down Migration

drop table import_made;
alter table imports drop column references_removed, drop column makes_references;
