import type { Logger } from '@outlay/platform';
import type { Redis } from 'ioredis';
import { accessTokenSeconds } from '../domain/lifetimes.ts';

/** Tells gateways at once that the access tokens of a session count no more. */
export interface RevocationList {
  add(sessionId: string): Promise<void>;
}

/** Longer than any token of the session can live, the verifiers' tolerance included. */
const keptSeconds = accessTokenSeconds + 60;

/**
 * The list in Redis, one key `revoked:<session id>` each. The database is the record, so a Redis that is away fails
 * nothing: a gateway that misses it asks for the list of revoked sessions.
 */
export function createRevocationList(redis: Redis | undefined, logger: Logger): RevocationList {
  return {
    async add(sessionId) {
      try {
        await redis?.set(`revoked:${sessionId}`, '1', 'EX', keptSeconds);
      } catch (error) {
        logger.warn({ error, session_id: sessionId }, 'revocation was not announced');
      }
    },
  };
}
