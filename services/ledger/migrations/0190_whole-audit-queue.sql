-- Up Migration

select set_config('search_path', format('%I, pg_temp', current_schema()), true);

-- A row that no seal can be made of would hold up what waits behind it. Those that name no entry, or an instant that no seal can
-- tell, are taken off; of the others the ids are counted. The owner sees all tenants for as long as this takes.
alter table audit_unsealed no force row level security;
delete from audit_unsealed
where cardinality(entry_ids) = 0
  or recorded_at < '2000-01-01 00:00:00+00' or recorded_at >= '10000-01-01 00:00:00+00';
update audit_unsealed
set entry_count = cardinality(entry_ids), entry_ids = array(select unnest(entry_ids))
where entry_count <> cardinality(entry_ids) or array_ndims(entry_ids) <> 1 or array_lower(entry_ids, 1) <> 1;
alter table audit_unsealed force row level security;

alter table audit_unsealed add constraint audit_unsealed_can_be_sealed check (
  cardinality(entry_ids) > 0 and entry_count = cardinality(entry_ids)
  and array_ndims(entry_ids) = 1 and array_lower(entry_ids, 1) = 1
  -- As the format of the seals writes them.
  and recorded_at >= '2000-01-01 00:00:00+00' and recorded_at < '10000-01-01 00:00:00+00'
);

-- Down Migration

select set_config('search_path', format('%I, pg_temp', current_schema()), true);

alter table audit_unsealed drop constraint audit_unsealed_can_be_sealed;
