import { anonymousContext, type Clock, type Logger, newId, unavailable } from '@outlay/platform';
import { LRUCache } from 'lru-cache';
import type { Services } from '../services.ts';

/** The sessions that were closed while access tokens of theirs may still be in use. */
export interface RevokedSessions {
  /** Costs no round trip. Throws unavailable until the list was loaded once: before that nobody knows who is locked out. */
  has(sessionId: string): boolean;
  /** Notes a session that has just been closed. */
  add(sessionId: string): void;
  isLoaded(): boolean;
  /** Asks identity again for all of it: Redis is new or was away, and messages may have been missed. */
  reload(): void;
  start(): void;
  stop(): Promise<void>;
}

/** No access token lives longer; after that a closed session needs no remembering. */
const tokenLifeMs = 65 * 60_000;
/** Clocks differ, and a transaction shows later than the instant it writes. */
const overlapMs = 60_000;
const pollMs = 500;
const sessionsMax = 1_000_000;

/**
 * Keeps a copy of what identity has on record, by asking twice a second for what is new. Messages of other gateways
 * arrive sooner, over Redis, but nothing depends on them.
 */
export function createRevokedSessions(options: {
  identity: Services['identity'];
  logger: Logger;
  clock: Clock;
}): RevokedSessions {
  const { identity, logger, clock } = options;
  const sessions = new LRUCache<string, true>({ max: sessionsMax, ttl: tokenLifeMs, ttlResolution: 1_000 });
  let askedAt: number | undefined;
  let isLoaded = false;
  let isFailing = false;
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let polling = Promise.resolve();

  async function poll(): Promise<void> {
    const now = clock().getTime();
    const since = askedAt === undefined ? now - tokenLifeMs : askedAt - overlapMs;
    try {
      const answer = await identity.listRevokedSessions(
        anonymousContext(newId()),
        { since: new Date(since) },
        { deadlineMs: 2_000 },
      );
      for (const sessionId of answer.sessionIds) sessions.set(sessionId, true);
      askedAt = now;
      isLoaded = true;
      if (isFailing) logger.info('revoked sessions are known again');
      isFailing = false;
    } catch (error) {
      if (!isFailing) logger.warn({ error }, 'revoked sessions cannot be loaded');
      isFailing = true;
    }
  }

  function pollOnAndOn(): void {
    polling = poll().finally(() => {
      if (!isStopped) timer = setTimeout(pollOnAndOn, pollMs);
    });
  }

  return {
    has(sessionId) {
      if (sessions.has(sessionId)) return true;
      if (!isLoaded) throw unavailable('unavailable', 'Closed sessions are not known yet');
      return false;
    },
    add: (sessionId) => void sessions.set(sessionId, true),
    isLoaded: () => isLoaded,
    reload() {
      askedAt = undefined;
    },
    start: pollOnAndOn,
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await polling;
    },
  };
}
