import type { TenantContext } from '../context/caller-context.ts';
import { newId } from '../context/ids.ts';
import type { Session } from './session.ts';

/** One change to one thing. `before` and `after` hold what changed, never secrets. */
export interface AuditEntry<Entity extends string = string> {
  /** `<entity>.<past participle>`, such as `expense.recorded`. */
  action: string;
  entity: Entity;
  entityId: string;
  before?: unknown;
  after?: unknown;
}

const insertAuditEntry = {
  name: 'platform_insert_audit_entry',
  text: `
    insert into audit_entries
      (tenant_id, id, actor_kind, actor_id, request_id, action, entity, entity_id, before, after)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
};

/** Adds an audit row in the session's transaction. */
export async function recordAudit(session: Session, context: TenantContext, entry: AuditEntry): Promise<void> {
  await session.query(insertAuditEntry, [
    context.tenantId,
    newId(),
    context.actor.kind,
    context.actor.id,
    context.requestId,
    entry.action,
    entry.entity,
    entry.entityId,
    toJson(entry.before),
    toJson(entry.after),
  ]);
}

/** JSON with bigints as decimal strings; null for what is not there. */
export function toJson(value: unknown): string | null {
  if (value === undefined) return null;
  return JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? item.toString() : item));
}
