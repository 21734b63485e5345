import { revokedSessionsChannel } from '@outlay/contracts';
import type { Logger } from '@outlay/platform';
import type { Redis } from 'ioredis';

/** What the gateways know of closed sessions and revoked API keys: at once, their access tokens count no more. */
export interface RevocationList {
  add(ids: readonly string[]): Promise<void>;
}

/**
 * Tells gateways through Redis. The database is the record, so a Redis that is away fails nothing: gateways ask for
 * the list of revoked sessions too, and so learn what they missed.
 */
export function createRevocationList(redis: Redis | undefined, logger: Logger): RevocationList {
  return {
    async add(ids) {
      const announced = await Promise.allSettled(ids.map((id) => redis?.publish(revokedSessionsChannel, id)));
      const missed = announced.find((outcome) => outcome.status === 'rejected');
      if (missed) logger.warn({ error: missed.reason, session_ids: ids }, 'revocation was not announced');
    },
  };
}
