-- Up Migration

-- The clean-up, which crosses tenants, finds idempotency keys by their age. What was answered under them is their tenant's.
do $$
begin
  execute format('revoke select on idempotency_keys from %I', 'outlay_' || current_schema() || '_system');
end
$$;
call grant_system('idempotency_keys', 'select (ctid, created_at), delete');

-- Down Migration

do $$
begin
  -- Of its columns: what is granted of the whole table does not take that back.
  execute format('revoke all on idempotency_keys from %I', 'outlay_' || current_schema() || '_system');
end
$$;
call grant_system('idempotency_keys', 'select, delete');
