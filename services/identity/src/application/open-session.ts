import { type CallerContext, newId, unauthenticated } from '@outlay/platform';
import { openSessionsMax } from '../domain/lifetimes.ts';
import type { Membership, User } from '../domain/person.ts';
import { newRefreshToken } from '../domain/refresh-token.ts';
import type { IdentitySession } from '../store/database.ts';
import { holdRole } from '../store/memberships.ts';
import { insertSession } from '../store/sessions.ts';
import { closeSessions } from './close-sessions.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { type SignedIn, signedIn } from './session-tokens.ts';

/**
 * Opens a session of somebody who has proved who they are, in the session's transaction, which is one of the tenant to
 * enter. Where they have too many, the one used longest ago is closed; gateways hear of it when they next ask. Throws
 * unauthenticated `invalid_credentials` where they were removed from the tenant at this moment.
 */
export async function openSession(
  { issueAccessToken, clock }: Pick<IdentityDependencies, 'issueAccessToken' | 'clock'>,
  session: IdentitySession,
  context: CallerContext,
  opening: {
    user: User;
    membership: Membership | undefined;
    authenticatedAt: Date;
    /** Of the session it comes of; a log-in starts a family. */
    familyId?: string;
    /** Where the context does not tell. */
    clientAddress?: string;
  },
): Promise<SignedIn> {
  const { user, membership, authenticatedAt, clientAddress = '' } = opening;
  const entered = membership && (await hold(session, membership, user.id));
  const id = newId();
  const openedAt = clock();
  const refreshToken = newRefreshToken();
  await insertSession(session, {
    id,
    userId: user.id,
    familyId: opening.familyId ?? id,
    actingTenantId: entered?.tenantId,
    authenticatedAt,
    openedAt,
    client: context.client ?? { address: clientAddress, userAgent: '' },
    refreshToken,
  });
  await closeSessions(session, context, {
    userId: user.id,
    reason: 'too_many',
    revokedAt: openedAt,
    exceptSessionId: id,
    keep: openSessionsMax - 1,
  });
  return signedIn(issueAccessToken, { id, authenticatedAt, user, membership: entered, refreshToken });
}

/** The membership as it is now, and stays until the transaction has ended. */
async function hold(session: IdentitySession, membership: Membership, userId: string): Promise<Membership> {
  const role = await holdRole(session, membership.tenantId, userId);
  if (!role) throw unauthenticated('invalid_credentials', 'E-mail address or password is wrong');
  return { ...membership, role };
}
