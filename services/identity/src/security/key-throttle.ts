import { clientNetwork, rateLimited } from '@outlay/platform';
import { RateLimiterRes } from 'rate-limiter-flexible';
import type { IdentityDatabase } from '../store/database.ts';
import { createDatabaseLimiter } from './database-limiter.ts';

/** Slows down those who try API keys. 256 bits are beyond guessing: this keeps a machine with an old key quiet. */
export interface KeyThrottle {
  /** Counts a bad key from an address. Throws rate_limited once there were too many. */
  recordFailure(clientAddress: string): Promise<void>;
}

/** Bad keys that are answered as such, from one network within a quarter of an hour. */
const limit = { keyPrefix: 'api_key:address', points: 100, duration: 900 };

export function createKeyThrottle(database: IdentityDatabase): KeyThrottle {
  const limiter = createDatabaseLimiter(database, limit);
  return {
    async recordFailure(clientAddress) {
      const refusal = await limiter.consume(clientNetwork(clientAddress)).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (refusal === undefined) return;
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      throw rateLimited('rate_limited', 'Too many API keys that are not valid', refusal.msBeforeNext);
    },
  };
}
