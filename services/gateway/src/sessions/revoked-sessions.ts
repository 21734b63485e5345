import { anonymousContext, type Clock, type Logger, newId, unavailable } from '@outlay/platform';
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
const sweepMs = 60_000;

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
  const forgetAt = new Map<string, number>();
  let sweptAt = 0;
  let askedAt = 0;
  let isLoaded = false;
  let needsAll = true;
  let isFailing = false;
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let polling = Promise.resolve();

  async function poll(): Promise<void> {
    const now = clock().getTime();
    const asksForAll = needsAll;
    const since = asksForAll ? now - tokenLifeMs : askedAt - overlapMs;
    needsAll = false;
    try {
      const answer = await identity.listRevokedSessions(
        anonymousContext(newId()),
        { since: new Date(since) },
        { deadlineMs: 2_000 },
      );
      for (const sessionId of answer.sessionIds) add(sessionId);
      askedAt = now;
      isLoaded = true;
      if (isFailing) logger.info('revoked sessions are known again');
      isFailing = false;
      sweep(now);
    } catch (error) {
      needsAll ||= asksForAll;
      if (!isFailing) logger.warn({ error }, 'revoked sessions cannot be loaded');
      isFailing = true;
    }
  }

  function add(sessionId: string): void {
    if (!forgetAt.has(sessionId)) forgetAt.set(sessionId, clock().getTime() + tokenLifeMs);
  }

  function sweep(now: number): void {
    if (now - sweptAt < sweepMs) return;
    sweptAt = now;
    for (const [sessionId, at] of forgetAt) if (at <= now) forgetAt.delete(sessionId);
  }

  function pollOnAndOn(): void {
    polling = poll().finally(() => {
      if (!isStopped) timer = setTimeout(pollOnAndOn, pollMs);
    });
  }

  return {
    has(sessionId) {
      if (forgetAt.has(sessionId)) return true;
      if (!isLoaded) throw unavailable('unavailable', 'Closed sessions are not known yet');
      return false;
    },
    add,
    isLoaded: () => isLoaded,
    reload() {
      needsAll = true;
    },
    start: pollOnAndOn,
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await polling;
    },
  };
}
