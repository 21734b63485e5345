-- Up Migration

-- A file can name more currencies that nobody knows than anybody would read: the first are kept by name, all are counted.
alter table platform_rate_imports add column skipped_count integer not null default 0;
update platform_rate_imports set skipped_count = cardinality(platform_rate_imports.skipped_currencies);

-- Down Migration

alter table platform_rate_imports drop column skipped_count;
