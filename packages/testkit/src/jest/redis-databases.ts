import { Redis } from 'ioredis';

const marker = 'outlay:test-run';
const staleAfterMs = 2 * 60 * 60 * 1000;

/** The databases that a run took, as URLs, and how it gives them back empty. */
export type RedisDatabases = { urls: string[]; release: () => Promise<void> };

/**
 * Takes an empty numbered database for each test worker and marks it as taken, so that runs at the same time, and whatever a
 * developer keeps in that Redis, stay apart. Where fewer are free than there are workers, workers share.
 */
export async function claimRedisDatabases(serverUrl: string, wanted: number): Promise<RedisDatabases> {
  const claimed: number[] = [];
  const redis = new Redis(serverUrl, { maxRetriesPerRequest: 1 });
  try {
    for (let database = 15; database > 0 && claimed.length < wanted; database -= 1) {
      if (await claim(redis, database)) claimed.push(database);
    }
  } finally {
    redis.disconnect();
  }
  if (claimed.length === 0)
    throw new Error(`No empty database is left in the Redis at ${serverUrl}: empty one of 1 to 15, or set REDIS_URL`);
  return {
    urls: claimed.map((database) => withDatabase(serverUrl, database)),
    release: () => release(serverUrl, claimed),
  };
}

async function claim(redis: Redis, database: number): Promise<boolean> {
  await redis.select(database);
  const taken = await redis.get(marker);
  if (taken !== null && Date.now() - Number(taken) > staleAfterMs) await redis.flushdb();
  else if ((await redis.dbsize()) > 0) return false;
  return (await redis.set(marker, Date.now(), 'NX')) === 'OK';
}

async function release(serverUrl: string, claimed: number[]): Promise<void> {
  const redis = new Redis(serverUrl, { maxRetriesPerRequest: 1 });
  try {
    for (const database of claimed) {
      await redis.select(database);
      await redis.flushdb();
    }
  } finally {
    redis.disconnect();
  }
}

function withDatabase(serverUrl: string, database: number): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}
