import type { TenantContext } from '../context/caller-context.ts';
import type { Session } from './session.ts';

/** One change to one thing. `before` and `after` hold what changed, never secrets. */
export interface AuditEntry {
  /** `<entity>.<past participle>`, such as `expense.recorded`. */
  action: string;
  entity: string;
  entityId: string;
  before?: unknown;
  after?: unknown;
}

/** Adds an audit row in the session's transaction. */
export async function recordAudit(_session: Session, _context: TenantContext, _entry: AuditEntry): Promise<void> {
  throw new Error('pending');
}
