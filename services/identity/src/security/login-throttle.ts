import { createHash } from 'node:crypto';
import { clientNetwork, rateLimited } from '@outlay/platform';
import type { Redis } from 'ioredis';
import { type RateLimiterAbstract, RateLimiterRedis } from 'rate-limiter-flexible';
import { emailKey } from '../domain/email-key.ts';
import type { IdentityDatabase } from '../store/database.ts';
import { createDatabaseLimiter } from './database-limiter.ts';

/** Who tries to sign in as whom. */
interface LoginAttempt {
  email: string;
  clientAddress: string;
}

/** Slows down the guessing of passwords, of people who exist and of those who do not alike. */
export interface LoginThrottle {
  /** Throws rate_limited `too_many_attempts` while there have been too many failures. */
  admit(attempt: LoginAttempt): Promise<void>;
  recordFailure(attempt: LoginAttempt): Promise<void>;
  /** The same for a wrong code beside the right password: there are a million codes, so few may be tried in a day. */
  recordWrongCode(attempt: LoginAttempt): Promise<void>;
  /** Forgets the failures of this account from this address: its owner has found the password. */
  recordSuccess(attempt: LoginAttempt): Promise<void>;
  /**
   * Forgets the wrong passwords from everywhere as well: a mailed token has set another one. Wrong codes are not forgotten,
   * or whoever holds the mailbox would guess on with every mail.
   */
  forgetAccount(attempt: LoginAttempt): Promise<void>;
}

const quarterOfAnHour = 900;

/** Failures that are let through in a window of so many seconds. */
const limits = {
  /** Guesses at one account from one place. */
  pair: { points: 10, duration: quarterOfAnHour },
  /** One place that tries many accounts. */
  address: { points: 100, duration: quarterOfAnHour },
  /** Many places that try one account. Higher, as it lets strangers keep its owner out. */
  account: { points: 100, duration: quarterOfAnHour },
  /** Codes for one account. Only who has its password comes so far; another password does not end the wait. */
  code: { points: 30, duration: 86_400 },
};

type LimitName = keyof typeof limits;

type Limiters = readonly (readonly [LimitName, RateLimiterAbstract])[];

/**
 * Failures are counted in the database. Redis has a copy, which spares the database the attempts of those who go on
 * although they are refused; what is lost with Redis lets nobody guess more than without it.
 */
export function createLoginThrottle(database: IdentityDatabase, redis: Redis | undefined): LoginThrottle {
  const record = createLimiters((options) => createDatabaseLimiter(database, options));
  const copy = redis
    ? createLimiters((options) => new RateLimiterRedis({ ...options, storeClient: redis, rejectIfRedisNotReady: true }))
    : [];

  async function onEach(
    attempt: LoginAttempt,
    names: readonly LimitName[],
    work: (limiter: RateLimiterAbstract, key: string) => Promise<unknown>,
  ): Promise<void> {
    const keys = keysOf(attempt);
    const onThese = (limiters: Limiters) =>
      Promise.all(
        limiters.filter(([name]) => names.includes(name)).map(([name, limiter]) => work(limiter, keys[name])),
      );
    await Promise.all([onThese(record), unlessAway(onThese(copy))]);
  }

  const count = (attempt: LoginAttempt, names: readonly LimitName[]) =>
    onEach(attempt, names, (limiter, key) => limiter.penalty(key, 1));
  const forget = (attempt: LoginAttempt, names: readonly LimitName[]) =>
    onEach(attempt, names, (limiter, key) => limiter.delete(key));

  return {
    async admit(attempt) {
      const keys = keysOf(attempt);
      const waitMs = (await unlessAway(waitMsOf(copy, keys))) || (await waitMsOf(record, keys));
      if (waitMs > 0) throw rateLimited('too_many_attempts', 'Too many failed attempts to sign in', waitMs);
    },
    recordFailure: (attempt) => count(attempt, ['pair', 'address', 'account']),
    recordWrongCode: (attempt) => count(attempt, ['pair', 'address', 'account', 'code']),
    recordSuccess: (attempt) => forget(attempt, ['pair']),
    forgetAccount: (attempt) => forget(attempt, ['pair', 'account']),
  };
}

function createLimiters(
  create: (options: { points: number; duration: number; keyPrefix: string }) => RateLimiterAbstract,
): Limiters {
  return Object.entries(limits).map(([name, limit]) => [
    name as LimitName,
    create({ ...limit, keyPrefix: `login:${name}` }),
  ]);
}

/** How long whoever has one of these keys has to wait; 0 where none of the limits is reached. */
async function waitMsOf(limiters: Limiters, keys: Record<LimitName, string>): Promise<number> {
  const waits = limiters.map(async ([name, limiter]) => {
    const count = await limiter.get(keys[name]);
    return count && count.consumedPoints >= limiter.points ? Math.max(count.msBeforeNext, 1) : 0;
  });
  return Math.max(0, ...(await Promise.all(waits)));
}

/** The answer of Redis, if there is one. */
function unlessAway<T>(answer: Promise<T>): Promise<T | undefined> {
  return answer.catch(() => undefined);
}

/** Hashed, so that no store holds a list of addresses and e-mails that were tried, and keys have one length. */
function keysOf({ email, clientAddress }: LoginAttempt): Record<LimitName, string> {
  const account = emailKey(email);
  const network = clientNetwork(clientAddress);
  return {
    pair: fingerprint(`${account} ${network}`),
    address: fingerprint(network),
    account: fingerprint(account),
    code: fingerprint(account),
  };
}

function fingerprint(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
