import { type CallerContext, forbidden, toTenantId, unauthenticated } from '@outlay/platform';
import { hashRefreshToken, newRefreshToken, sealSuccessor, unsealSuccessor } from '../domain/refresh-token.ts';
import { lockCredentials } from '../store/credentials.ts';
import {
  findSessionOfToken,
  type RefreshedSession,
  type Rotation,
  rotateRefreshToken,
  rotateRefreshTokenIn,
} from '../store/rotate-refresh-token.ts';
import { closeSessions } from './close-sessions.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { once } from './once.ts';
import { recordSecurity } from './security-log.ts';
import { fromStored, type Replayable, type SignedIn, signedIn, toStored } from './session-tokens.ts';

/**
 * Exchanges a refresh token for its one successor and a new access token, in one round trip to the database. For ten
 * seconds the direct predecessor of the current token is given the same successor again. Any older one is taken for
 * stolen: its session is closed (`refresh_token_reused`) with the whole family, whoever holds the current tokens, and the
 * tenant's security log says so. Throws unauthenticated `refresh_token_invalid` for that, and for one that is unknown, expired or of a closed
 * session; forbidden `tenant_mismatch` for a session of another tenant than the one that is named, which it leaves as it
 * is. With an idempotency key, which counts per session, the first answer is given again for as long as keys are
 * kept.
 */
export function createRefreshSession(dependencies: IdentityDependencies) {
  const { database, issueAccessToken, revocations, secrets, clock, logger } = dependencies;

  return async (
    context: CallerContext,
    command: { refreshToken: string; tenantId: string | undefined },
  ): Promise<Replayable<SignedIn>> => {
    const presented = command.refreshToken;
    const presentedHash = hashRefreshToken(presented);
    if (!presentedHash) throw refused();
    if (command.tenantId !== undefined) await assertIn(command.tenantId, presentedHash);
    if (context.idempotencyKey === undefined) {
      const { offer, successor } = newOffer(presented);
      const rotation = await rotateRefreshToken(database, {
        presentedHash,
        offer,
        now: clock(),
        client: context.client,
      });
      return { answer: await settle(context, rotation, { presented, successor }), replayed: false };
    }
    return refreshOnce(context, presented, presentedHash);
  };

  /** Beforehand, as a token that is exchanged is spent. */
  async function assertIn(tenantId: string, presentedHash: Buffer): Promise<void> {
    const found = await database.withGlobal((session) => findSessionOfToken(session, presentedHash), {
      readOnly: true,
    });
    if (!found) throw refused();
    if (found.tenantId !== tenantId) {
      throw forbidden('tenant_mismatch', 'The request names another tenant than its token');
    }
  }

  async function refreshOnce(
    context: CallerContext,
    presented: string,
    presentedHash: Buffer,
  ): Promise<Replayable<SignedIn>> {
    let reused: RefreshedSession | undefined;
    try {
      const { answer, replayed } = await database.withGlobal(async (session) => {
        reused = undefined;
        const found = await findSessionOfToken(session, presentedHash);
        if (!found) throw refused();
        const { sessionId } = found;
        const holder = { ...context, actor: { kind: 'anonymous' as const, id: sessionId }, requestDigest: undefined };
        const request = { operation: 'RefreshSession', request: { refreshToken: presented } };
        return once(secrets, session, holder, request, async () => {
          const { offer, successor } = newOffer(presented);
          const given = { presentedHash, offer, now: clock(), client: context.client };
          const rotation = await rotateRefreshTokenIn(session, given);
          if (rotation.outcome === 'reused') reused = rotation.session;
          return toStored(await answerOf(rotation, { presented, successor }));
        });
      });
      return { answer: fromStored(answer), replayed };
    } catch (error) {
      // The key's transaction is undone; the session is closed in one of its own.
      if (reused) await closeReused(context, reused);
      throw error;
    }
  }

  async function settle(context: CallerContext, rotation: Rotation, tokens: Tokens): Promise<SignedIn> {
    if (rotation.outcome === 'reused') await closeReused(context, rotation.session);
    return answerOf(rotation, tokens);
  }

  async function answerOf(rotation: Rotation, { presented, successor }: Tokens): Promise<SignedIn> {
    if (rotation.outcome === 'refused' || rotation.outcome === 'reused') throw refused();
    const { session } = rotation;
    // Whoever has been removed from the tenant may not go on in it.
    if (session.tenantId && !session.membership) throw refused();
    const refreshToken =
      rotation.outcome === 'repeated' ? unsealSuccessor(presented, rotation.sealedSuccessor) : successor;
    return signedIn(issueAccessToken, { ...session, refreshToken });
  }

  async function closeReused(context: CallerContext, stolen: RefreshedSession): Promise<void> {
    const { id: sessionId, user, tenantId } = stolen;
    logger.warn({ session_id: sessionId, user_id: user.id }, 'refresh token reused');
    const revokedAt = clock();
    const closed = await database.withGlobal(async (session) => {
      await lockCredentials(session, user.id, 'change');
      const closing = { userId: user.id, reason: 'refresh_token_reused', revokedAt, familyOf: sessionId } as const;
      const ids = await closeSessions(session, context, closing);
      // Of any number who present it, one has closed the session.
      if (ids.length > 0 && tenantId) {
        await recordSecurity(session, context, [toTenantId(tenantId)], {
          kind: 'session.refused_reuse',
          userId: user.id,
          details: { session_id: sessionId },
          at: revokedAt,
        });
      }
      return ids;
    });
    await revocations.add(closed);
  }
}

interface Tokens {
  presented: string;
  successor: string;
}

function newOffer(presented: string) {
  const successor = newRefreshToken();
  const hash = hashRefreshToken(successor);
  if (!hash) throw new Error('A token of our own making is not one');
  return { offer: { hash, sealed: sealSuccessor(presented, successor) }, successor };
}

function refused() {
  return unauthenticated('refresh_token_invalid', 'The refresh token is not valid');
}
