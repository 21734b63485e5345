import type { Logger } from '@outlay/platform';
import { Redis } from 'ioredis';

/**
 * A connection that never makes a request wait: commands fail at once while Redis is away and after 100 ms when it
 * hangs. Everything kept there has a stand-in here.
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
