import { revokedSessionsChannel } from '@outlay/contracts';
import type { Logger } from '@outlay/platform';
import type { Redis } from 'ioredis';
import type { RevokedSessions } from './revoked-sessions.ts';

/**
 * Hears of sessions closed elsewhere within milliseconds. Messages sent while the connection was away are lost, so
 * each new connection asks identity for everything again.
 */
export function listenForRevokedSessions(options: {
  subscriber: Redis;
  revoked: RevokedSessions;
  logger: Logger;
}): void {
  const { subscriber, revoked, logger } = options;
  subscriber.on('message', (_channel, sessionId) => {
    if (sessionId.length <= 256) revoked.add(sessionId);
  });
  subscriber.on('ready', () => {
    revoked.reload();
    subscriber.subscribe(revokedSessionsChannel).catch((error: unknown) => {
      logger.warn({ error }, 'revoked sessions cannot be listened for');
    });
  });
}

/** Tells the other gateways. Failing is no harm: they learn it from identity a moment later. */
export function announceRevokedSession(redis: Redis, sessionId: string, logger: Logger): void {
  redis.publish(revokedSessionsChannel, sessionId).catch((error: unknown) => {
    logger.warn({ error }, 'a closed session was not announced');
  });
}
