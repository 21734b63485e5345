-- Up Migration

-- A file can be looked at before it is booked, and what was booked of it be taken back as one.
alter table imports drop constraint imports_status_check;
alter table imports add constraint imports_status_check check (
  status in ('processing', 'previewed', 'expired', 'completed', 'failed', 'undoing', 'undone')
);
alter table imports
  -- csv, ofx or camt053.
  add column file_kind text not null default 'csv',
  -- Told by the client, over what is recognised (src/imports/file/mapping.ts); and where it was kept, if it was.
  add column mapping jsonb,
  add column mapping_id uuid,
  -- While it is processed: whether its rows are looked at or booked. What is looked at changes nothing.
  add column stage text not null default 'booking' check (stage in ('surveying', 'booking')),
  add column is_preview boolean not null default false,
  -- Rows that would be imported, while none is; and those that are no spending.
  add column fresh integer not null default 0,
  add column skipped integer not null default 0,
  -- What looking at the rows came to (src/imports/survey.ts).
  add column survey jsonb,
  -- Until when the bytes of a preview are kept.
  add column expires_at timestamptz,
  -- Who takes it back, and how far that is.
  add column undo_actor_kind text check (undo_actor_kind in ('user', 'api_key')),
  add column undo_user_id uuid,
  add column undo_request_id text,
  add column undo_correlation_id text,
  add column reversed integer not null default 0,
  add column already_reversed integer not null default 0,
  add column undone_at timestamptz;
drop index imports_in_progress;
create index imports_in_progress on imports (progressed_at) where status in ('processing', 'undoing');
create index imports_previewed on imports (expires_at) where status = 'previewed';

-- What is looked for across tenants, and no more: names of files and what they hold are their tenant's.
do $$
begin
  execute format('revoke select on imports from %I', 'outlay_' || current_schema() || '_system');
end
$$;
call grant_system('imports', 'select (tenant_id, id, status, progressed_at, expires_at)');

-- Nothing deletes imports, and a check of each row costs as much as the row.
alter table import_rows drop constraint import_rows_tenant_id_import_id_fkey;
alter table import_rows drop constraint import_rows_fate_check;
alter table import_rows add constraint import_rows_fate_check
  check (fate in ('new', 'imported', 'duplicate', 'skipped', 'refused'));
alter table import_rows drop constraint import_rows_check;
alter table import_rows add constraint import_rows_check
  check ((fate in ('imported', 'duplicate')) = (expense_id is not null));
-- The rows of a preview get another fate when it is booked, and go with it when it is not.
call protect_tenant_table('import_rows', 'select, insert, update, delete');

-- What booking a file would make, in so far as it is not there.
create table import_references (
  tenant_id uuid not null,
  import_id uuid not null,
  kind text not null check (kind in ('account', 'category', 'project')),
  name text not null,
  primary key (tenant_id, import_id, kind, name),
  foreign key (tenant_id, import_id) references imports (tenant_id, id)
);
call protect_tenant_table('import_references', 'select, insert, delete');

-- A purchase is known by what its row says and, where its source gives it an id, by that as well: each is a row here. Undoing
-- an import finds them by what was made of them, and lets them in again.
create index imported_purchases_by_expense on imported_purchases (tenant_id, expense_id);
call protect_tenant_table('imported_purchases', 'select, insert, update, delete');

-- Which rows have their fate, by where their batch begins. Several batches of a file are booked at the same time; each by
-- whoever gets this row in, and once.
create table import_batches (
  tenant_id uuid not null,
  import_id uuid not null,
  stage text not null,
  -- Rows of the file before it.
  start integer not null,
  row_count integer not null,
  primary key (tenant_id, import_id, stage, start),
  foreign key (tenant_id, import_id) references imports (tenant_id, id)
);
call protect_tenant_table('import_batches', 'select, insert, delete');

-- How to read files that come again and again.
create table import_mappings (
  tenant_id uuid not null,
  id uuid not null,
  name text not null check (length(name) between 1 and 200),
  mapping jsonb not null,
  version bigint not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id)
);
create unique index import_mappings_name_key on import_mappings (tenant_id, name);
call protect_tenant_table('import_mappings');

-- Down Migration

-- What there were no words for is put into the words there were, and dropped where that cannot be; nothing that is in the books
-- is touched. The rows of every tenant are seen where row-level security is not forced on their owner.
alter table imports no force row level security;
alter table import_rows no force row level security;
alter table import_chunks no force row level security;

-- What was only looked at was never booked. What was skipped was refused, with a reason.
delete from import_rows using imports
where import_rows.tenant_id = imports.tenant_id and import_rows.import_id = imports.id
  and (imports.status in ('previewed', 'expired') or (imports.status = 'processing' and imports.stage = 'surveying'));
delete from import_rows where import_rows.fate = 'new';
update import_rows set fate = 'refused' where import_rows.fate = 'skipped';
update imports
set duplicates = 0, refused = 0, skipped = 0
where imports.status in ('previewed', 'expired') or (imports.status = 'processing' and imports.stage = 'surveying');
update imports set refused = imports.refused + imports.skipped where imports.skipped > 0;

-- Undoing is no state of its own: what has been taken back of an import was reversed, and the rest stays booked.
update imports
set status = case when imports.failure_code = '' then 'completed' else 'failed' end
where imports.status in ('undoing', 'undone');

-- A table of which nothing is booked goes on, from its first row. Previews are over. So is what is being booked, as the batches
-- that were done have gaps between them, and what would be read in another way: what was booked stays booked, and the file
-- can be sent again.
update imports
set format = null, rows_total = 0, attempts = 0
where imports.status = 'processing' and imports.stage = 'surveying' and not imports.is_preview and imports.mapping is null
  and imports.file_kind = 'csv';
update imports
set status = 'failed', finished_at = coalesce(imports.finished_at, now()),
  failure_code = case when imports.status <> 'processing' or imports.is_preview then 'preview_expired' else 'import_interrupted' end,
  failure_message = 'It could not be gone on with; send the file again'
where imports.status in ('previewed', 'expired') or (
  imports.status = 'processing'
  and (imports.stage = 'booking' or imports.is_preview or imports.mapping is not null or imports.file_kind <> 'csv')
);
delete from import_chunks using imports
where import_chunks.tenant_id = imports.tenant_id and import_chunks.import_id = imports.id
  and imports.status <> 'processing';

alter table import_chunks force row level security;
alter table import_rows force row level security;
alter table imports force row level security;

drop table import_mappings;
drop table import_batches;
drop index imported_purchases_by_expense;
do $$
begin
  execute format('revoke update, delete on imported_purchases, import_rows from %I', 'outlay_' || current_schema());
end
$$;
drop table import_references;
alter table import_rows drop constraint import_rows_check;
alter table import_rows add constraint import_rows_check check ((fate = 'refused') = (expense_id is null));
alter table import_rows drop constraint import_rows_fate_check;
alter table import_rows add constraint import_rows_fate_check check (fate in ('imported', 'duplicate', 'refused'));
alter table import_rows add foreign key (tenant_id, import_id) references imports (tenant_id, id);
do $$
begin
  -- Of the whole table as well as of its columns.
  execute format('revoke all on imports from %I', 'outlay_' || current_schema() || '_system');
end
$$;
call grant_system('imports', 'select');
drop index imports_previewed;
drop index imports_in_progress;
create index imports_in_progress on imports (progressed_at) where status = 'processing';
alter table imports
  drop column file_kind, drop column mapping, drop column mapping_id, drop column stage, drop column is_preview,
  drop column fresh, drop column skipped, drop column survey, drop column expires_at, drop column undo_actor_kind,
  drop column undo_user_id, drop column undo_request_id, drop column undo_correlation_id,
  drop column reversed, drop column already_reversed, drop column undone_at;
alter table imports drop constraint imports_status_check;
alter table imports add constraint imports_status_check check (status in ('processing', 'completed', 'failed'));
