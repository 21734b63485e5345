/** SQL that writes down in the audit trail what accounts of a tenant the transaction has made by hand. */
export const auditNewAccounts = (tenantId: string): string => `
  insert into ledger.audit_entries (tenant_id, id, actor_kind, actor_id, request_id, action, entity, entity_id, after)
  select tenant_id, id, 'user', 'nobody', 'by hand', 'account.created', 'account', id::text, jsonb_build_object(
    'name', name, 'kind', kind, 'currency', currency, 'version', '1',
    'createdAt', to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
  )
  from ledger.accounts where tenant_id = '${tenantId}' and created_at = now()`;
