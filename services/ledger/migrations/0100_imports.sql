-- Up Migration

-- Each file that was taken in, and how far it has come.
create table imports (
  tenant_id uuid not null,
  id uuid not null,
  -- Whose expenses the rows become, and the request that brought the file.
  user_id uuid not null,
  request_id text not null,
  status text not null default 'processing' check (status in ('processing', 'completed', 'failed')),
  file_name text not null,
  content_type text not null,
  file_size bigint not null,
  -- SHA-256 of its bytes.
  file_hash bytea not null,
  encoding text not null,
  -- What was recognised over all rows; null until then. src/imports/file/file-format.ts is its schema.
  format jsonb,
  -- 0 until counted.
  rows_total integer not null default 0,
  imported integer not null default 0,
  duplicates integer not null default 0,
  refused integer not null default 0,
  -- How often work on it began since it last went forward.
  attempts integer not null default 0,
  failure_code text not null default '',
  failure_message text not null default '',
  version bigint not null default 1,
  created_at timestamptz not null default now(),
  progressed_at timestamptz not null default now(),
  finished_at timestamptz,
  primary key (tenant_id, id)
);
create index imports_by_user on imports (tenant_id, user_id, id);
-- For those whose process died, looked for across tenants.
create index imports_in_progress on imports (progressed_at) where status = 'processing';
call protect_tenant_table('imports', 'select, insert, update');
call grant_system('imports', 'select');

-- The bytes of a file for as long as they are needed: until each row has its fate.
create table import_chunks (
  tenant_id uuid not null,
  import_id uuid not null,
  -- From 0, without gaps.
  seq integer not null,
  bytes bytea not null,
  primary key (tenant_id, import_id, seq),
  foreign key (tenant_id, import_id) references imports (tenant_id, id)
);
-- They are read once or twice and dropped, so that compressing them is work for nothing.
alter table import_chunks alter column bytes set storage external;
call protect_tenant_table('import_chunks', 'select, insert, delete');

-- Each purchase that was imported: what its row says, and its place among the equal rows of its file, from 1. No purchase
-- is booked twice: of several imports that bring the same one, even at the same moment, one gets the row in. A table of
-- its own with a single index, so that looking one up never depends on the planner's statistics.
create table imported_purchases (
  tenant_id uuid not null,
  fingerprint bytea not null check (length(fingerprint) = 16),
  ordinal integer not null check (ordinal > 0),
  expense_id uuid not null,
  primary key (tenant_id, fingerprint, ordinal)
);
call protect_tenant_table('imported_purchases', 'select, insert');

-- What became of each row of a file.
create table import_rows (
  tenant_id uuid not null,
  import_id uuid not null,
  -- Physical line on which the row begins, from 1.
  line integer not null check (line > 0),
  fate text not null check (fate in ('imported', 'duplicate', 'refused')),
  -- Of a refused row: header of the column at fault (empty: the row as a whole), stable code, text for people.
  column_header text not null default '',
  code text not null default '',
  reason text not null default '',
  -- The expense made of it, or the one it repeats.
  expense_id uuid,
  primary key (tenant_id, import_id, line),
  foreign key (tenant_id, import_id) references imports (tenant_id, id),
  check ((fate = 'refused') = (expense_id is null))
);
-- The rows that people look at are the few that were not imported.
create index import_rows_by_fate on import_rows (tenant_id, import_id, fate, line) where fate <> 'imported';
call protect_tenant_table('import_rows', 'select, insert');

-- Down Migration

drop table import_rows;
drop table imported_purchases;
drop table import_chunks;
drop table imports;
