import type { LedgerAuditEntity } from '@outlay/contracts';
import { type AuditEntry, newId, recordAudit as recordAny, type Session, type TenantContext } from '@outlay/platform';

/** One change to one thing of a kind that can be asked for. */
type LedgerAuditEntry = AuditEntry<LedgerAuditEntity>;

/** Adds an audit row in the session's transaction. */
export const recordAudit: (session: Session, context: TenantContext, entry: LedgerAuditEntry) => Promise<void> =
  recordAny;

/** Adds many audit rows in the session's transaction with one statement. */
export async function recordAudits(
  session: Session,
  context: TenantContext,
  entries: readonly LedgerAuditEntry[],
): Promise<void> {
  if (entries.length === 0) return;
  const rows = entries.map(({ action, entity, entityId, before, after }) => ({
    id: newId(),
    action,
    entity,
    entity_id: entityId,
    before,
    after,
  }));
  await session.query(insertStatement, [
    context.tenantId,
    context.actor.kind,
    context.actor.id,
    context.requestId,
    JSON.stringify(rows),
  ]);
}

const insertStatement = {
  name: 'record_audits',
  text: `
insert into audit_entries (
  tenant_id, id, recorded_at, actor_kind, actor_id, request_id, action, entity, entity_id, before, after
)
select $1, row.id, now(), $2, $3, $4, row.action, row.entity, row.entity_id, row.before, row.after
from json_to_recordset($5::json) as row (id uuid, action text, entity text, entity_id text, before jsonb, after jsonb)`,
};
