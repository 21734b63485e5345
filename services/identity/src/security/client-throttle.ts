import { rateLimited } from '@outlay/platform';
import { RateLimiterMemory } from 'rate-limiter-flexible';

/** Slows down the guessing of the secret of services. */
export interface ClientThrottle {
  /** Throws rate_limited `too_many_attempts` while there have been too many failures. */
  admit(attempt: ClientAttempt): Promise<void>;
  recordFailure(attempt: ClientAttempt): Promise<void>;
}

/** Who claims to be which service. */
export interface ClientAttempt {
  /** Empty for one that there is not. */
  clientId: string;
  peerAddress: string;
}

/** Failures that are let through in a minute, of one service from one place: others there are not held up by it. */
const limit = { points: 30, duration: 60 };

/** Counted by this process alone: services get their tokens while the database is away. */
export function createClientThrottle(): ClientThrottle {
  const limiter = new RateLimiterMemory(limit);
  const keyOf = ({ clientId, peerAddress }: ClientAttempt) => `${clientId} ${peerAddress}`;
  return {
    async admit(attempt) {
      const count = await limiter.get(keyOf(attempt));
      if (!count || count.consumedPoints < limit.points) return;
      throw rateLimited(
        'too_many_attempts',
        'Too many failed attempts to get a token',
        Math.max(count.msBeforeNext, 1),
      );
    },
    async recordFailure(attempt) {
      await limiter.penalty(keyOf(attempt));
    },
  };
}
