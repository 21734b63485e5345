import { createHash } from 'node:crypto';
import { rateLimited } from '@outlay/platform';
import type { Redis } from 'ioredis';
import { type RateLimiterAbstract, RateLimiterPostgres, RateLimiterRedis } from 'rate-limiter-flexible';
import type { IdentityDatabase } from '../store/database.ts';

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
  /** Forgets the failures of this account from this address: its owner has found the password. */
  recordSuccess(attempt: LoginAttempt): Promise<void>;
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
};

type LimitName = keyof typeof limits;

/** Failures are counted in Redis and, while that is away, in the database. */
export function createLoginThrottle(database: IdentityDatabase, redis: Redis | undefined): LoginThrottle {
  const limiters = Object.entries(limits).map(
    ([name, limit]) => [name as LimitName, createLimiter(name, limit, database, redis)] as const,
  );

  return {
    async admit(attempt) {
      const keys = keysOf(attempt);
      const counts = await Promise.all(
        limiters.map(async ([name, limiter]) => ({ limiter, count: await limiter.get(keys[name]) })),
      );
      const waits = counts.map(({ limiter, count }) =>
        count && count.consumedPoints >= limiter.points ? Math.max(count.msBeforeNext, 1) : 0,
      );
      const waitMs = Math.max(...waits);
      if (waitMs > 0) throw rateLimited('too_many_attempts', 'Too many failed attempts to sign in', waitMs);
    },
    async recordFailure(attempt) {
      const keys = keysOf(attempt);
      await Promise.all(limiters.map(([name, limiter]) => limiter.penalty(keys[name], 1)));
    },
    async recordSuccess(attempt) {
      const { pair } = keysOf(attempt);
      await Promise.all(limiters.map(([name, limiter]) => (name === 'pair' ? limiter.delete(pair) : undefined)));
    },
  };
}

function createLimiter(
  name: string,
  limit: { points: number; duration: number },
  database: IdentityDatabase,
  redis: Redis | undefined,
): RateLimiterAbstract {
  const keyPrefix = `login:${name}`;
  const inDatabase = new RateLimiterPostgres({
    ...limit,
    keyPrefix,
    storeClient: asPostgresClient(database),
    storeType: 'client',
    tableName: 'login_failures',
    tableCreated: true,
    clearExpiredByTimeout: false,
  });
  if (!redis) return inDatabase;
  return new RateLimiterRedis({
    ...limit,
    keyPrefix,
    storeClient: redis,
    rejectIfRedisNotReady: true,
    insuranceLimiter: inDatabase,
  });
}

/** What rate-limiter-flexible needs of pg; it computes with `expire`, which pg gives us as a bigint. */
function asPostgresClient(database: IdentityDatabase) {
  return {
    async query(statement: { name: string; text: string; values: unknown[] }) {
      const rows = await database.once<{ expire?: bigint }>(statement, statement.values);
      return {
        rows: rows.map((row) => (typeof row.expire === 'bigint' ? { ...row, expire: Number(row.expire) } : row)),
        rowCount: rows.length,
      };
    },
  };
}

/** Hashed, so that no store holds a list of addresses and e-mails that were tried, and keys have one length. */
function keysOf({ email, clientAddress }: LoginAttempt): Record<LimitName, string> {
  const account = email.toLowerCase();
  return {
    pair: fingerprint(`${account} ${clientAddress}`),
    address: fingerprint(clientAddress),
    account: fingerprint(account),
  };
}

function fingerprint(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
