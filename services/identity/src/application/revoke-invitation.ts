import { identity as contract } from '@outlay/contracts';
import { recordAudit, type TenantContext } from '@outlay/platform';
import { lockInvitation, markRevoked } from '../store/invitations.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { assertStill } from './manage-member.ts';
import { once } from './once.ts';
import { holdTenant } from './seats.ts';
import { recordSecurity } from './security-log.ts';
import { invitationClosed, invitationNotFound } from './send-invitation.ts';

/**
 * Takes an invitation back: its token is good no more, and its address no longer counts against the plan. Repeating it
 * is fine. Honours the idempotency key. Throws forbidden `role_required`, not_found `invitation_not_found`, conflict
 * `invitation_closed` for one that was accepted.
 */
export function createRevokeInvitation({ database, secrets, clock }: IdentityDependencies) {
  return async (
    context: TenantContext,
    command: { invitationId: string },
  ): Promise<contract.RevokeInvitationResponse> => {
    const { tenantId } = context;
    const { invitationId: id } = command;
    const asked = { operation: 'RevokeInvitation', request: command, codec: contract.RevokeInvitationResponse };
    const { answer, replayed } = await database.withTenant(context, (session) =>
      once(secrets, session, context, asked, async () => {
        const now = clock();
        await holdTenant(session, tenantId);
        await assertStill(session, context, ['owner', 'admin']);
        const invitation = (await lockInvitation(session, tenantId, { id, now })) ?? invitationNotFound();
        if (invitation.status === 'accepted') throw invitationClosed();
        if (invitation.status === 'revoked') return { invitation, replayed: false };
        await markRevoked(session, tenantId, id);
        await recordAudit(session, context, { action: 'invitation.revoked', entity: 'invitation', entityId: id });
        await recordSecurity(session, context, [tenantId], {
          kind: 'invitation.revoked',
          details: { invitation_id: id, role: invitation.role },
          at: now,
        });
        const version = invitation.version + 1n;
        return { invitation: { ...invitation, status: 'revoked', version }, replayed: false };
      }),
    );
    return { ...answer, replayed };
  };
}
