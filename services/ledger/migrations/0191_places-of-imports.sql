-- Up Migration

select set_config('search_path', format('%I, pg_temp', current_schema()), true);

-- Who is refused is told what others have reserved in each project (reserve_usage); the primary key has the import first.
create index usage_reservations_by_scope on usage_reservations (tenant_id, metric, scope_id);

-- Down Migration

select set_config('search_path', format('%I, pg_temp', current_schema()), true);

drop index usage_reservations_by_scope;
