-- Up Migration

-- Whether a preview that is over still has bytes and rows, which are dropped in the background: there may be millions.
alter table imports add column is_to_be_dropped boolean not null default false;
create index imports_to_be_dropped on imports (tenant_id, id) where is_to_be_dropped;
-- What was not dropped in time is looked for across tenants.
call grant_system('imports', 'select (is_to_be_dropped)');

-- Down Migration

-- Nobody would drop them any more.
alter table imports no force row level security;
alter table import_chunks no force row level security;
alter table import_rows no force row level security;
alter table import_batches no force row level security;
alter table import_references no force row level security;
delete from import_chunks using imports
where imports.is_to_be_dropped and import_chunks.tenant_id = imports.tenant_id and import_chunks.import_id = imports.id;
delete from import_rows using imports
where imports.is_to_be_dropped and import_rows.tenant_id = imports.tenant_id and import_rows.import_id = imports.id;
delete from import_batches using imports
where imports.is_to_be_dropped and import_batches.tenant_id = imports.tenant_id and import_batches.import_id = imports.id;
delete from import_references using imports
where imports.is_to_be_dropped and import_references.tenant_id = imports.tenant_id
  and import_references.import_id = imports.id;
alter table import_references force row level security;
alter table import_batches force row level security;
alter table import_rows force row level security;
alter table import_chunks force row level security;
alter table imports force row level security;
drop index imports_to_be_dropped;
alter table imports drop column is_to_be_dropped;
