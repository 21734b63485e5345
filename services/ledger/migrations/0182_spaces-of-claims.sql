-- Up Migration

-- Whether a member sent it: purchases of no account and without an id of their source are claimed apart from those of others.
alter table imports add column claims_own boolean not null default false;
create index imports_of_members on imports (tenant_id, user_id) where claims_own;

-- Whether the same bytes have come before, however they were read.
create index imports_by_file on imports (tenant_id, file_hash);

-- Down Migration

drop index imports_by_file;
drop index imports_of_members;
alter table imports drop column claims_own;
