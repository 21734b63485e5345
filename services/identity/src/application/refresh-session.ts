import { type CallerContext, unauthenticated } from '@outlay/platform';
import { hashRefreshToken, newRefreshToken, sealSuccessor, unsealSuccessor } from '../domain/refresh-token.ts';
import { type RefreshedSession, rotateRefreshToken } from '../store/rotate-refresh-token.ts';
import { closeSession } from './close-session.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { type SignedIn, signedIn } from './session-tokens.ts';

/**
 * Exchanges a refresh token for its one successor and a new access token, in one round trip to the database. For ten
 * seconds the direct predecessor of the current token is given the same successor again. Any older one is taken for
 * stolen: its session is closed (`refresh_token_reused`), whoever holds the current token. Throws unauthenticated
 * `refresh_token_invalid` for that, and for one that is unknown, expired or of a closed session.
 */
export function createRefreshSession(dependencies: IdentityDependencies) {
  const { database, issueAccessToken, clock, logger } = dependencies;

  return async (context: CallerContext, command: { refreshToken: string }): Promise<SignedIn> => {
    const presented = command.refreshToken;
    const presentedHash = hashRefreshToken(presented);
    const successor = newRefreshToken();
    const successorHash = hashRefreshToken(successor);
    if (!presentedHash || !successorHash) throw refused();

    const offer = { hash: successorHash, sealed: sealSuccessor(presented, successor) };
    const rotation = await rotateRefreshToken(database, presentedHash, offer, clock());
    if (rotation.outcome === 'refused') throw refused();
    const { session } = rotation;
    if (rotation.outcome === 'reused') {
      await closeReused(context, session);
      throw refused();
    }
    // Whoever has been removed from the tenant may not go on in it.
    if (session.tenantId && !session.membership) throw refused();
    const refreshToken =
      rotation.outcome === 'repeated' ? unsealSuccessor(presented, rotation.sealedSuccessor) : successor;
    return signedIn(issueAccessToken, { ...session, refreshToken });
  };

  async function closeReused(context: CallerContext, session: RefreshedSession): Promise<void> {
    logger.warn({ session_id: session.id, user_id: session.user.id }, 'refresh token reused');
    await closeSession(dependencies, context, {
      sessionId: session.id,
      userId: session.user.id,
      tenantId: session.tenantId,
      reason: 'refresh_token_reused',
    });
  }
}

function refused() {
  return unauthenticated('refresh_token_invalid', 'The refresh token is not valid');
}
