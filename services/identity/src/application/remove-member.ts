import { identity as contract } from '@outlay/contracts';
import { enqueueEvents } from '@outlay/messaging';
import { recordAudit, type TenantContext } from '@outlay/platform';
import type { Member } from '../domain/person.ts';
import { memberRemoved } from '../messaging/member-changes.ts';
import type { IdentitySession } from '../store/database.ts';
import { deleteMembership } from '../store/memberships.ts';
import { closeSessions } from './close-sessions.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { memberNotFound } from './get-member.ts';
import { holdManaged } from './manage-member.ts';
import { once } from './once.ts';
import { recordSecurity } from './security-log.ts';

export interface RemoveMember {
  userId: string;
  /** What the caller has seen; undefined: any. */
  version: bigint | undefined;
}

/**
 * Takes a member out of the tenant and closes their sessions in it; what they booked stays. Emits member.removed and
 * session.revoked. Honours the idempotency key. Throws what `holdManaged` throws.
 */
export function createRemoveMember({ database, secrets, revocations, clock }: IdentityDependencies) {
  return async (context: TenantContext, command: RemoveMember): Promise<contract.RemoveMemberResponse> => {
    const asked = { operation: 'RemoveMember', request: command, codec: contract.RemoveMemberResponse };
    const { answer, replayed } = await database.withTenant(context, (session) =>
      once(secrets, session, context, asked, async () => {
        const member = await holdManaged(session, context, command);
        const removed = await takeOut(session, context, { member, reason: 'removed', at: clock() });
        return { ...removed, replayed: false };
      }),
    );
    await revocations.add(answer.sessionIds);
    return { ...answer, replayed };
  };
}

/** Takes a member out of the tenant in the session's transaction, with all that follows from it. */
export async function takeOut(
  session: IdentitySession,
  context: TenantContext,
  { member, reason, at }: { member: Member; reason: 'removed' | 'left'; at: Date },
): Promise<{ member: Member; sessionIds: string[] }> {
  const { tenantId } = context;
  const userId = member.user.id;
  const version = (await deleteMembership(session, { tenantId, userId, leftAt: at })) ?? memberNotFound();
  const closing = { userId, tenantId, reason: 'member_removed' as const, revokedAt: at };
  const sessionIds = await closeSessions(session, context, closing);
  await recordAudit(session, context, {
    action: 'member.removed',
    entity: 'member',
    entityId: userId,
    before: { role: member.role },
    after: { reason },
  });
  await recordSecurity(session, context, [tenantId], {
    kind: 'member.removed',
    userId,
    details: { role: member.role, reason },
    at,
  });
  await enqueueEvents(session, context, [memberRemoved(tenantId, { userId, reason, removedAt: at, version })]);
  return { member: { ...member, version }, sessionIds };
}
