import { newId, type TenantContext, toJson } from '@outlay/platform';
import type { IdentitySession } from './database.ts';

const insert = {
  name: 'identity_audit_closed_sessions',
  text: `
    insert into audit_entries
      (tenant_id, id, actor_kind, actor_id, request_id, action, entity, entity_id, after)
    select $1, row.id, $2, $3, $4, 'session.revoked', 'session', row.entity_id, $5
    from unnest($6::uuid[], $7::text[]) as row (id, entity_id)`,
};

/** Audits that sessions of the context's tenant were closed, in one statement for any number. */
export async function auditClosedSessions(
  session: IdentitySession,
  { tenantId, actor, requestId }: TenantContext,
  { sessionIds, reason }: { sessionIds: readonly string[]; reason: string },
): Promise<void> {
  const ids = sessionIds.map(() => newId());
  await session.query(insert, [tenantId, actor.kind, actor.id, requestId, toJson({ reason }), ids, sessionIds]);
}
