import { type CallerContext, notFound, unauthenticated } from '@outlay/platform';
import { lockCredentials } from '../store/credentials.ts';
import type { IdentitySession } from '../store/database.ts';
import { findOrigin } from '../store/sessions.ts';
import { closeSessions } from './close-sessions.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { once } from './once.ts';
import type { Replayable } from './session-tokens.ts';

export interface ClosedSession {
  sessionId: string;
  revokedAt: Date;
}

export interface ClosedSessions {
  sessionIds: string[];
  revokedAt: Date;
}

type Closing = Pick<IdentityDependencies, 'database' | 'revocations' | 'secrets' | 'clock'>;

/**
 * Closes the caller's session with its family: neither their refresh tokens nor their access tokens count from now on.
 * Repeating it is fine.
 */
export function createLogOut(dependencies: Closing) {
  return async (context: CallerContext): Promise<Replayable<ClosedSession>> => {
    const { sessionId } = context;
    if (!sessionId) throw unauthenticated('token_invalid', 'The token names no session');
    const { answer, replayed } = await close(dependencies, context, {
      operation: 'Logout',
      reason: 'logout',
      sessionId,
      always: [sessionId],
    });
    return { answer: { sessionId, revokedAt: answer.revokedAt }, replayed };
  };
}

/** Closes all sessions of the caller, in whatever tenants. */
export function createLogOutEverywhere(dependencies: Closing) {
  return (context: CallerContext): Promise<Replayable<ClosedSessions>> =>
    close(dependencies, context, { operation: 'LogoutEverywhere', reason: 'logout_everywhere', always: [] });
}

/** Closes one of the caller's open sessions with its family. Throws not_found `session_not_found`, also for somebody else's. */
export function createRevokeSession(dependencies: Closing) {
  return async (context: CallerContext, command: { sessionId: string }): Promise<Replayable<ClosedSession>> => {
    const { sessionId } = command;
    const { answer, replayed } = await close(dependencies, context, {
      operation: 'RevokeSession',
      reason: 'revoked',
      sessionId,
      always: [],
    });
    return { answer: { sessionId, revokedAt: answer.revokedAt }, replayed };
  };
}

/** The database is the record; gateways are told when it has committed, and once more of those in `always`. */
async function close(
  { database, revocations, secrets, clock }: Closing,
  context: CallerContext,
  closing: {
    operation: string;
    reason: 'logout' | 'logout_everywhere' | 'revoked';
    sessionId?: string;
    always: readonly string[];
  },
): Promise<Replayable<ClosedSessions>> {
  const { operation, reason, sessionId, always } = closing;
  const { answer, replayed } = await database.withGlobal((session) =>
    once(secrets, session, context, { operation, request: { sessionId } }, async () => {
      const revokedAt = clock();
      const userId = context.actor.id;
      // Whoever is opening a session at this moment ends first, so that it is closed too, or finds theirs closed.
      await lockCredentials(session, userId, 'change');
      await assertOpen(session, context);
      if (reason === 'revoked' && sessionId && !(await findOrigin(session, { sessionId, userId }))) {
        throw notFound('session_not_found', 'There is no such open session');
      }
      const sessionIds = await closeSessions(session, context, { userId, reason, revokedAt, familyOf: sessionId });
      return { sessionIds, revokedAt: revokedAt.toISOString() };
    }),
  );
  await revocations.add([...new Set([...answer.sessionIds, ...always])]);
  return { answer: { sessionIds: answer.sessionIds, revokedAt: new Date(answer.revokedAt) }, replayed };
}

/**
 * Gateways let whoever sends a key through in a closed session, as an earlier request with that key may have closed it.
 * Where none has, nothing is done in a closed session.
 */
async function assertOpen(session: IdentitySession, context: CallerContext): Promise<void> {
  const { idempotencyKey, sessionId, actor } = context;
  if (idempotencyKey === undefined || !sessionId) return;
  if (await findOrigin(session, { sessionId, userId: actor.id })) return;
  throw unauthenticated('session_revoked', 'The session has been closed');
}
