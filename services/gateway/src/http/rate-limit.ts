import { LRUCache } from 'lru-cache';
import { type RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible';

/** What is left to a caller. */
export interface Allowance {
  isAllowed: boolean;
  /** After this request, where it is allowed. */
  remaining: number;
  resetsInMs: number;
}

/** How many requests one caller may make in a minute. */
export interface RateLimit {
  readonly perMinute: number;
  /** Whether one more request of a caller is allowed, without counting it. */
  look(caller: string): Allowance;
  /** The same, and counts it where it is allowed. Never waits. */
  take(caller: string): Allowance;
  stop(): Promise<void>;
}

interface Count {
  /** What the store knew when it was last told. */
  told: number;
  /** What it was not told yet. */
  untold: number;
  windowEndsAt: number;
  isTelling: boolean;
}

const windowMs = 60_000;
const tellEveryMs = 100;

/**
 * Counts per caller in fixed windows of a minute. The store is shared by all gateways and told ten times a second
 * rather than once a request: a round trip to Redis costs more than most of a request's work here, and being a
 * tenth of a second behind lets a caller overdraw by that much at most. A store that is away is its own
 * insurance's affair.
 */
export function createRateLimit(options: { perMinute: number; store: RateLimiterAbstract }): RateLimit {
  const { perMinute, store } = options;
  const counts = new LRUCache<string, Count>({ max: 100_000 });
  const untold = new Set<string>();
  const timer = setInterval(() => void tellAll(), tellEveryMs);
  timer.unref();

  async function tellAll(): Promise<void> {
    const callers = [...untold];
    untold.clear();
    await Promise.all(callers.map(tell));
  }

  async function tell(caller: string): Promise<void> {
    const count = counts.get(caller);
    if (!count) return;
    if (count.isTelling) {
      untold.add(caller);
      return;
    }
    const points = count.untold;
    count.untold = 0;
    count.told += points;
    count.isTelling = true;
    const told = await store.consume(caller, points).catch((answer: unknown) => answer);
    count.isTelling = false;
    // Anything else is the store and its insurance failing together; the local count goes on.
    if (!(told instanceof RateLimiterRes)) return;
    count.told = told.consumedPoints;
    count.windowEndsAt = Date.now() + told.msBeforeNext;
  }

  function countOf(caller: string, now: number): Count {
    const known = counts.get(caller);
    if (known && now < known.windowEndsAt) return known;
    const count = { told: 0, untold: 0, windowEndsAt: now + windowMs, isTelling: false };
    counts.set(caller, count);
    return count;
  }

  function look(caller: string): Allowance {
    const now = Date.now();
    const count = countOf(caller, now);
    const used = count.told + count.untold;
    return {
      isAllowed: used < perMinute,
      remaining: Math.max(0, perMinute - used - 1),
      resetsInMs: count.windowEndsAt - now,
    };
  }

  return {
    perMinute,
    look,
    take(caller) {
      const allowance = look(caller);
      if (allowance.isAllowed) {
        countOf(caller, Date.now()).untold += 1;
        untold.add(caller);
      }
      return allowance;
    },
    async stop() {
      clearInterval(timer);
      await tellAll();
    },
  };
}
