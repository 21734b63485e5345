import { type CallerContext, unauthenticated } from '@outlay/platform';
import { closeSession } from './close-session.ts';
import type { IdentityDependencies } from './dependencies.ts';

/** Closes the caller's session: neither its refresh token nor its access tokens count from now on. Repeating it is fine. */
export function createLogOut(dependencies: IdentityDependencies) {
  return async (context: CallerContext): Promise<{ sessionId: string; revokedAt: Date }> => {
    const { sessionId, tenantId, actor } = context;
    if (!sessionId) throw unauthenticated('token_invalid', 'The token names no session');
    const closing = { sessionId, userId: actor.id, tenantId, reason: 'logout' as const };
    return { sessionId, revokedAt: await closeSession(dependencies, context, closing) };
  };
}
