import { identity as contract } from '@outlay/contracts';
import type { TenantContext } from '@outlay/platform';
import { lockInvitation, renewInvitation } from '../store/invitations.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { assertStill } from './manage-member.ts';
import { once } from './once.ts';
import { assertSeat, holdTenant } from './seats.ts';
import {
  assertPace,
  invitationClosed,
  invitationNotFound,
  newInvitationToken,
  sendInvitation,
} from './send-invitation.ts';

/**
 * Mails an invitation again with a new token, good for a week from now; the one before is good no more. One that has
 * lapsed is open again, unless its address was invited anew. Emits invitation.sent. Honours the idempotency key. Throws
 * not_found `invitation_not_found`, conflict `invitation_closed`, forbidden `role_required` and `plan_limit_reached`,
 * rate_limited `too_many_invitations`.
 */
export function createResendInvitation(dependencies: IdentityDependencies) {
  const { database, secrets, clock } = dependencies;
  return async (
    context: TenantContext,
    command: { invitationId: string },
  ): Promise<contract.ResendInvitationResponse> => {
    const { tenantId } = context;
    const { invitationId: id } = command;
    const asked = { operation: 'ResendInvitation', request: command, codec: contract.ResendInvitationResponse };
    const { answer, replayed } = await database.withTenant(context, (session) =>
      once(secrets, session, context, asked, async () => {
        const now = clock();
        const tenant = await holdTenant(session, tenantId);
        const inviter = await assertStill(session, context, ['owner', 'admin']);
        const stored = (await lockInvitation(session, tenantId, { id, now })) ?? invitationNotFound();
        if (stored.status === 'accepted' || stored.status === 'revoked') throw invitationClosed();
        await assertSeat(session, tenantId, { tenant, now, invited: { exceptInvitationId: id } });
        await assertPace(session, context, now);
        const token = newInvitationToken(now);
        const renewal = { id, tokenHash: token.hash, at: now, expiresAt: token.expiresAt };
        if (!(await renewInvitation(session, tenantId, renewal))) throw invitationClosed();
        const invitation = {
          ...stored,
          status: 'pending' as const,
          invitedAt: now,
          expiresAt: token.expiresAt,
          version: stored.version + 1n,
        };
        const occasion = stored.occasion + 1;
        await sendInvitation(dependencies, session, context, { invitation, occasion, token, tenant, inviter });
        return { invitation, replayed: false };
      }),
    );
    return { ...answer, replayed };
  };
}
