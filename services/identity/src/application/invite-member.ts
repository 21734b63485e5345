import { identity as contract } from '@outlay/contracts';
import { DomainError, newId, type TenantContext } from '@outlay/platform';
import type { Invitation } from '../domain/invitation.ts';
import { findPending, insertInvitation } from '../store/invitations.ts';
import { findMember } from '../store/memberships.ts';
import { findUserByEmail } from '../store/users.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { assertStill } from './manage-member.ts';
import { once } from './once.ts';
import { alreadyMember, assertSeat, holdTenant } from './seats.ts';
import { assertPace, newInvitationToken, sendInvitation } from './send-invitation.ts';

/**
 * Invites an address to the tenant, for a week. Emits invitation.sent, whose sealed token is what the mail holds. Honours
 * the idempotency key. An address has one open invitation; once that has lapsed it can be invited anew. Throws conflict
 * `already_member` and `already_invited` (meta.invitation_id: send that one again), forbidden `role_required` and
 * `plan_limit_reached` (members and open invitations count), rate_limited `too_many_invitations`.
 */
export function createInviteMember(dependencies: IdentityDependencies) {
  const { database, secrets, clock } = dependencies;
  return async (
    context: TenantContext,
    command: Pick<Invitation, 'email' | 'role'>,
  ): Promise<contract.InviteMemberResponse> => {
    const { tenantId } = context;
    const { email, role } = command;
    const asked = { operation: 'InviteMember', request: command, codec: contract.InviteMemberResponse };
    const { answer, replayed } = await database.withTenant(context, (session) =>
      once(secrets, session, context, asked, async () => {
        const now = clock();
        const tenant = await holdTenant(session, tenantId);
        const inviter = await assertStill(session, context, ['owner', 'admin']);
        const known = await findUserByEmail(session.prisma, email);
        if (known && (await findMember(session, tenantId, known.id))) {
          throw alreadyMember();
        }
        const pending = await findPending(session, tenantId, { email, now });
        if (pending) throw alreadyInvited(pending.id);
        await assertSeat(session, tenantId, { tenant, now, invited: {} });
        await assertPace(session, context, now);
        const token = newInvitationToken(now);
        const invitation: Invitation = {
          id: newId(),
          email,
          role,
          status: 'pending',
          invitedBy: inviter.user.id,
          invitedAt: now,
          expiresAt: token.expiresAt,
          acceptedAt: undefined,
          version: 1n,
        };
        await insertInvitation(session, tenantId, { ...invitation, tokenHash: token.hash });
        await sendInvitation(dependencies, session, context, { invitation, occasion: 1, token, tenant, inviter });
        return { invitation, replayed: false };
      }),
    );
    return { ...answer, replayed };
  };
}

function alreadyInvited(invitationId: string): DomainError {
  return new DomainError('conflict', 'already_invited', 'This address has an open invitation; send it again', {
    meta: { invitation_id: invitationId },
  });
}
