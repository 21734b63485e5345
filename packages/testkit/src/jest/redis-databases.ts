import { hostname } from 'node:os';
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
  if (taken === null ? (await redis.dbsize()) > 0 : !isStale(taken)) return false;
  return (await redis.eval(takeWhereUnchanged, 1, marker, taken ?? '', claimOfThisRun())) === 1;
}

const claimOfThisRun = () => `${Date.now()} ${process.pid} ${hostname()}`;

/** Empties a database and marks it as taken, unless somebody else was faster. */
const takeWhereUnchanged = `
  if (redis.call('get', KEYS[1]) or '') ~= ARGV[1] then return 0 end
  redis.call('flushdb')
  redis.call('set', KEYS[1], ARGV[2])
  return 1`;

/** A run that was killed did not give back what it took. Of one on another machine only the time tells. */
function isStale(taken: string): boolean {
  const [at = '', pid = '', host] = taken.split(' ');
  return host === hostname() ? !isRunning(Number(pid)) : Date.now() - Number(at) > staleAfterMs;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // There is one, of another account.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
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
