import { Redis } from 'ioredis';
import type { Logger } from './operations/logger.ts';

/**
 * A connection that never makes anybody wait: commands fail at once while Redis is away and after 100 ms when it hangs,
 * and it comes back by itself. Who uses it has a stand-in for whatever is kept there, and subscribes anew on each
 * `ready`. Its own entry of this package: most services have no Redis and need not load its client.
 */
export function createRedis(url: string, logger: Logger): Redis {
  const redis = new Redis(url, {
    lazyConnect: true,
    commandTimeout: 100,
    connectTimeout: 2_000,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(100 * attempt, 2_000),
    // A connection that is half open is found out and made again.
    keepAlive: 5_000,
  });
  let isAway = false;
  redis.on('error', (error: unknown) => {
    if (!isAway) logger.warn({ error }, 'Redis is away');
    isAway = true;
  });
  redis.on('ready', () => {
    if (isAway) logger.info('Redis is back');
    isAway = false;
  });
  return redis;
}

/** Begins to connect; whether it works is nobody's problem at start. */
export function connectInBackground(redis: Redis): void {
  redis.connect().catch(() => undefined);
}
