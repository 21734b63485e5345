import type { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible';
import { createRateLimit, type RateLimit } from './http/rate-limit.ts';

const windowSeconds = 60;

/**
 * The general limit: shared by all gateways through Redis, and counted here alone while Redis is away or where there
 * is none. Undefined where nothing is limited.
 */
export function createLimits(perMinute: number, redis: Redis | undefined): RateLimit | undefined {
  if (perMinute === 0) return undefined;
  const memory = new RateLimiterMemory({ points: perMinute, duration: windowSeconds });
  const store = redis
    ? new RateLimiterRedis({
        storeClient: redis,
        keyPrefix: 'outlay:rate',
        points: perMinute,
        duration: windowSeconds,
        rejectIfRedisNotReady: true,
        insuranceLimiter: memory,
      })
    : memory;
  return createRateLimit({ perMinute, store });
}
