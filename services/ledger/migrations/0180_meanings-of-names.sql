-- Up Migration

-- What an export of ours calls something, and what that is called here: an account by its name, kind and currency, a category by
-- its whole path. Decided once for an import, so that all of its rows mean the same by it; kept until it ends.
create table import_meanings (
  tenant_id uuid not null,
  import_id uuid not null,
  kind text not null check (kind in ('account', 'category')),
  -- Digest of all that tells it apart in the file.
  identity bytea not null check (length(identity) = 16),
  -- For people: its name there, or the path.
  given text not null,
  name text not null,
  is_renamed boolean not null,
  primary key (tenant_id, import_id, identity),
  -- What is two in the file is two here.
  unique (tenant_id, import_id, kind, name),
  foreign key (tenant_id, import_id) references imports (tenant_id, id)
);
call protect_tenant_table('import_meanings', 'select, insert, delete');

-- Down Migration

drop table import_meanings;
