-- Up Migration

-- How many a tenant has waiting or under way is asked with each file that comes.
create index imports_under_way on imports (tenant_id) where status in ('processing', 'undoing');

-- Down Migration

drop index imports_under_way;
