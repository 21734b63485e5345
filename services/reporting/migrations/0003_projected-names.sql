-- Up Migration

-- When a name was projected, as of expenses: what was there before a rebuild began is replaced, whatever its version.
alter table dimension_names add column projected bigint not null default nextval('projection_order');

-- Down Migration

alter table dimension_names drop column projected;
