import { enqueueEvents } from '@outlay/messaging';
import { type CallerContext, recordAudit, toTenantId } from '@outlay/platform';
import { sessionRevoked } from '../messaging/session-revoked.ts';
import { type RevocationReason, revokeSession } from '../store/sessions.ts';
import type { IdentityDependencies } from './dependencies.ts';

/**
 * Closes a session in the database, which is the record, then tells gateways through Redis. Within a tenant it emits
 * session.revoked and leaves an audit entry. Closing a closed session tells gateways once more and does nothing else.
 */
export async function closeSession(
  { database, revocations, clock }: Pick<IdentityDependencies, 'database' | 'revocations' | 'clock'>,
  context: CallerContext,
  closing: { sessionId: string; userId: string; tenantId: string | undefined; reason: RevocationReason },
): Promise<Date> {
  const { tenantId, ...session } = closing;
  const revocation = { ...session, revokedAt: clock() };
  if (tenantId) {
    const tenantContext = { ...context, tenantId: toTenantId(tenantId) };
    await database.withTenant(tenantContext, async (transaction) => {
      if (!(await revokeSession(transaction.prisma, revocation))) return;
      await recordAudit(transaction, tenantContext, {
        action: 'session.revoked',
        entity: 'session',
        entityId: revocation.sessionId,
        after: { reason: revocation.reason },
      });
      await enqueueEvents(transaction, tenantContext, [sessionRevoked(tenantContext.tenantId, revocation)]);
    });
  } else {
    await database.withGlobal(({ prisma }) => revokeSession(prisma, revocation));
  }
  await revocations.add(revocation.sessionId);
  return revocation.revokedAt;
}
