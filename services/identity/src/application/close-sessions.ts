import { enqueueEvents } from '@outlay/messaging';
import { type CallerContext, toTenantId } from '@outlay/platform';
import { sessionRevoked } from '../messaging/session-revoked.ts';
import { auditClosedSessions } from '../store/audit-closed-sessions.ts';
import type { IdentitySession } from '../store/database.ts';
import { enterTenant } from '../store/enter-tenant.ts';
import { type ClosingSessions, revokeSessions } from '../store/sessions.ts';
import { recordSecurityFacts } from './security-log.ts';

/**
 * Closes a person's open sessions, or those that `closing` narrows it to, in the session's transaction, whatever tenant
 * each acts in. Each closed session within a tenant leaves an entry in its security log and emits session.revoked,
 * in as many statements for any number of them.
 * Answers their ids; once the transaction has committed, give them to `revocations.add`, which tells the gateways.
 */
export async function closeSessions(
  session: IdentitySession,
  context: CallerContext,
  closing: ClosingSessions,
): Promise<string[]> {
  const closed = await revokeSessions(session, closing);
  const { userId, reason, revokedAt } = closing;
  for (const [actingTenantId, sessions] of Map.groupBy(closed, (one) => one.actingTenantId)) {
    if (actingTenantId === null) continue;
    const tenantId = toTenantId(actingTenantId);
    const sessionIds = sessions.map(({ id }) => id);
    await recordSecurityFacts(
      session,
      context,
      tenantId,
      sessionIds.map((id) => ({
        kind: 'session.revoked',
        userId,
        details: { reason, session_id: id },
        at: revokedAt,
      })),
    );
    await enterTenant(session, tenantId, async () => {
      await auditClosedSessions(session, { ...context, tenantId }, { sessionIds, reason });
      const events = sessionIds.map((sessionId) => sessionRevoked(tenantId, { sessionId, userId, reason, revokedAt }));
      await enqueueEvents(session, context, events);
    });
  }
  return closed.map(({ id }) => id);
}
