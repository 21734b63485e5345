import type { Logger } from '@outlay/platform';
import type { Redis } from 'ioredis';

/** What the gateways know of closed sessions: at once, their access tokens count no more. */
export interface RevocationList {
  add(sessionId: string): Promise<void>;
}

/** The Redis channel that gateways listen on: one session id a message. */
const revokedChannel = 'outlay:revoked-sessions';

/**
 * Tells gateways through Redis. The database is the record, so a Redis that is away fails nothing: gateways ask for
 * the list of revoked sessions too, and so learn what they missed.
 */
export function createRevocationList(redis: Redis | undefined, logger: Logger): RevocationList {
  return {
    async add(sessionId) {
      try {
        await redis?.publish(revokedChannel, sessionId);
      } catch (error) {
        logger.warn({ error, session_id: sessionId }, 'revocation was not announced');
      }
    },
  };
}
