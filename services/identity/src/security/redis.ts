import type { Logger } from '@outlay/platform';
import { Redis } from 'ioredis';

/**
 * A connection to Redis that fails fast: nothing waits for it longer than 100 ms, nothing is queued while it is away,
 * and it comes back by itself. What needs it has another way.
 */
export function createRedis(url: string, logger: Logger): Redis {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 1_000,
    commandTimeout: 100,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(50 * 2 ** attempt, 2_000),
    // A connection that is half open is found out and made again.
    keepAlive: 5_000,
  });
  let isAway = false;
  redis.on('error', (error) => {
    if (!isAway) logger.warn({ error }, 'Redis is away');
    isAway = true;
  });
  redis.on('ready', () => {
    if (isAway) logger.info('Redis is back');
    isAway = false;
  });
  return redis;
}
