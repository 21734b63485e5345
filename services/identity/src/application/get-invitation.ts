import type { CallerContext } from '@outlay/platform';
import { hashOpaqueToken } from '../domain/opaque-token.ts';
import { type FoundInvitation, findInvitationByToken } from '../store/invitations.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { invitationNotFound } from './send-invitation.ts';

/**
 * What the holder of an invitation's token is invited to. Throws not_found `invitation_not_found` alike for a token that
 * nobody was sent, that lapsed, was revoked, used, or replaced by a newer one.
 */
export function createGetInvitation({ database, clock }: Pick<IdentityDependencies, 'database' | 'clock'>) {
  return async (_context: CallerContext, query: { token: string }): Promise<FoundInvitation> => {
    const tokenHash = hashOpaqueToken(query.token) ?? invitationNotFound();
    const found = await findInvitationByToken(database, { tokenHash, now: clock() });
    return found?.status === 'pending' ? found : invitationNotFound();
  };
}
