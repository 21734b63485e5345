import { identity as contract } from '@outlay/contracts';
import { enqueueEvents } from '@outlay/messaging';
import { type Role, recordAudit, type TenantContext } from '@outlay/platform';
import type { assignableRoles, Member } from '../domain/person.ts';
import { memberRoleChanged } from '../messaging/member-changes.ts';
import type { IdentitySession } from '../store/database.ts';
import { updateMemberRole } from '../store/memberships.ts';
import { closeSessions } from './close-sessions.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { holdManaged } from './manage-member.ts';
import { once } from './once.ts';
import { recordSecurity } from './security-log.ts';

export interface ChangeMemberRole {
  userId: string;
  role: (typeof assignableRoles)[number];
  /** What the caller has seen; undefined: any. */
  version: bigint | undefined;
}

/**
 * Gives a member another role and closes their sessions in the tenant, so that no token says the old one; the role they
 * have changes nothing. Emits member.role_changed and session.revoked. Honours the idempotency key. Throws what
 * `holdManaged` throws.
 */
export function createChangeMemberRole({ database, secrets, revocations, clock }: IdentityDependencies) {
  return async (context: TenantContext, command: ChangeMemberRole): Promise<contract.ChangeMemberRoleResponse> => {
    const asked = { operation: 'ChangeMemberRole', request: command, codec: contract.ChangeMemberRoleResponse };
    const { answer, replayed } = await database.withTenant(context, (session) =>
      once(secrets, session, context, asked, async () => {
        const member = await holdManaged(session, context, command);
        if (member.role === command.role) return { member, sessionIds: [], replayed: false };
        const { member: changed, sessionIds } = await giveRole(session, context, {
          member,
          role: command.role,
          at: clock(),
        });
        return { member: changed, sessionIds, replayed: false };
      }),
    );
    await revocations.add(answer.sessionIds);
    return { ...answer, replayed };
  };
}

/** Gives a member another role in the session's transaction, with all that follows from it. */
export async function giveRole(
  session: IdentitySession,
  context: TenantContext,
  { member, role, at }: { member: Member; role: Role; at: Date },
): Promise<{ member: Member; sessionIds: string[] }> {
  const { tenantId } = context;
  const userId = member.user.id;
  // Before the sessions are closed: whoever opens one meanwhile holds the membership, or finds it changed.
  const version = await updateMemberRole(session, { tenantId, userId, role });
  const sessionIds = await closeSessions(session, context, { userId, tenantId, reason: 'role_changed', revokedAt: at });
  await recordAudit(session, context, {
    action: 'member.role_changed',
    entity: 'member',
    entityId: userId,
    before: { role: member.role },
    after: { role },
  });
  await recordSecurity(session, context, [tenantId], {
    kind: 'member.role_changed',
    userId,
    details: { role, previous_role: member.role },
    at,
  });
  const change = { userId, role, previousRole: member.role, changedAt: at, version };
  await enqueueEvents(session, context, [memberRoleChanged(tenantId, change)]);
  return { member: { ...member, role, version }, sessionIds };
}
