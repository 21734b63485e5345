import { createHash } from 'node:crypto';
import { type CallerContext, type Clock, createTurns, isDomainError, unauthenticated } from '@outlay/platform';
import { LRUCache } from 'lru-cache';
import type { Services } from '../services.ts';

/** The access tokens that API keys were exchanged for. */
export interface ApiKeyTokens {
  /**
   * The token of a key, by its secret. Throws unauthenticated `api_key_invalid`, rate_limited, or
   * unavailable where identity is away, or busy with other keys, and has not been asked for this key lately.
   */
  tokenOf(secret: string, context: CallerContext, attempts: KeyAttempts): Promise<string>;
}

/** Those who try keys from where this one comes. Keys that were good when they were last tried need not ask. */
export interface KeyAttempts {
  /** Throws where there have been too many. */
  assertAllowed(): void;
  /** Counts a key that identity refused. */
  recordFailure(): void;
}

interface Good {
  token: string;
  staleAt: number;
  endsAt: number;
}

interface Refused {
  error: unknown;
  endsAt: number;
  forMs: number;
}

/** By which an API key is told from an access token, which begins with its header. */
const mark = 'outlay_';
const secretPattern = /^outlay_[\w-]{43}$/;

/** A used token is exchanged for a new one behind the caller's back: scopes change, and so does when it was last used. */
const freshMs = 60_000;
/** Until identity is asked again after it could not be. */
const retryMs = 5_000;
/** How long a refusal counts: twice as long each time, for a machine that tries an old key in a loop. */
const refusedMs = { first: 1_000, longest: 60_000 };
/** Of a token's life, the part in which services are sure to take it. */
const usableShare = 0.9;
const deadlineMs = 2_000;
const entriesMax = 10_000;
/** Exchanges at once, of keys that nobody knows yet; more wait for their turn. Those of known keys are theirs alone. */
const turnsOf = { atOnce: 8, waitingMax: 256 };

/** Whether what was sent as a bearer token is meant to be an API key. */
export function isApiKey(bearer: string): boolean {
  return bearer.startsWith(mark);
}

/**
 * Exchanges each key once for any number of requests, and keeps the token until shortly before its end, so that keys go
 * on while identity is away. Keys that were refused are remembered apart, so that a flood of random ones drives out none
 * that is good; neither can it take all of identity's time. Secrets are not kept: entries are found by their SHA-256.
 */
export function createApiKeyTokens({
  identity,
  clock,
}: {
  identity: Pick<Services['identity'], 'exchangeApiKey'>;
  clock: Clock;
}): ApiKeyTokens {
  // Past their ends too: that a key was good says that whoever sends it is not guessing.
  const good = new LRUCache<string, Good>({ max: entriesMax });
  const refused = new LRUCache<string, Refused>({ max: entriesMax });
  const underWay = new Map<string, Promise<string>>();
  const turns = createTurns(turnsOf);

  /** One call for any number of callers with the same key. */
  function exchange(key: string, ask: () => Promise<string>): Promise<string> {
    const running = underWay.get(key);
    if (running) return running;
    const started = ask().finally(() => underWay.delete(key));
    underWay.set(key, started);
    return started;
  }

  async function ask(key: string, secret: string, context: CallerContext): Promise<string> {
    try {
      const { accessToken: token, expiresInSeconds } = await identity.exchangeApiKey(
        context,
        { secret },
        { deadlineMs },
      );
      const now = clock().getTime();
      const lifeMs = expiresInSeconds * 1000 * usableShare;
      good.set(key, { token, staleAt: now + Math.min(freshMs, lifeMs), endsAt: now + lifeMs });
      refused.delete(key);
      return token;
    } catch (error) {
      if (isAboutTheKey(error)) refuse(key, error);
      else postpone(key);
      throw error;
    }
  }

  function refuse(key: string, error: unknown): void {
    const { first, longest } = refusedMs;
    const forMs = Math.min(longest, (refused.get(key)?.forMs ?? first / 2) * 2);
    refused.set(key, { error, endsAt: clock().getTime() + forMs, forMs });
    good.delete(key);
  }

  function postpone(key: string): void {
    const before = good.get(key);
    if (before) good.set(key, { ...before, staleAt: clock().getTime() + retryMs });
  }

  async function firstTokenOf(key: string, secret: string, context: CallerContext, attempts: KeyAttempts) {
    attempts.assertAllowed();
    const last = refused.get(key);
    if (last && clock().getTime() < last.endsAt) throw last.error;
    return exchange(key, () =>
      turns
        .inTurn(() => ask(key, secret, context))
        .catch((error: unknown) => {
          if (isAboutTheKey(error)) attempts.recordFailure();
          throw error;
        }),
    );
  }

  return {
    async tokenOf(secret, context, attempts) {
      if (!secretPattern.test(secret)) throw unauthenticated('api_key_invalid', 'The API key is not valid');
      const key = createHash('sha256').update(secret).digest('base64');
      const last = good.get(key);
      if (!last) return firstTokenOf(key, secret, context, attempts);
      const now = clock().getTime();
      const renew = () => exchange(key, () => ask(key, secret, context));
      if (now >= last.endsAt) return renew();
      if (now >= last.staleAt) renew().catch(() => undefined);
      return last.token;
    },
  };
}

/** As against what the gateway itself was refused, or that identity was not to be reached. */
function isAboutTheKey(error: unknown): boolean {
  return isDomainError(error) && (error.code === 'api_key_invalid' || error.kind === 'rate_limited');
}
