import type { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible';
import type { Policy, RateLimits } from './http/count-request.ts';
import { createRateLimit, type RateLimit } from './http/rate-limit.ts';

/** Requests allowed in a minute by each policy; 0 does not limit. */
export type Quotas = Readonly<Record<Policy, number>>;

const windowSeconds = 60;

/**
 * The limits of all callers: shared by all gateways through Redis, and counted here alone while Redis is away or where
 * there is none.
 */
export function createLimits(quotas: Quotas, redis: Redis | undefined): RateLimits {
  const limited = Object.entries(quotas).filter(([, perMinute]) => perMinute > 0);
  return Object.fromEntries(limited.map(([policy, perMinute]) => [policy, createLimit(policy, perMinute, redis)]));
}

function createLimit(policy: string, perMinute: number, redis: Redis | undefined): RateLimit {
  const memory = new RateLimiterMemory({ points: perMinute, duration: windowSeconds });
  const store = redis
    ? new RateLimiterRedis({
        storeClient: redis,
        keyPrefix: `outlay:rate:${policy}`,
        points: perMinute,
        duration: windowSeconds,
        rejectIfRedisNotReady: true,
        insuranceLimiter: memory,
      })
    : memory;
  return createRateLimit({ perMinute, store });
}
