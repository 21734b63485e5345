import type { Server } from './find-servers.ts';

/** Redis for tests. */
export async function findRedis(): Promise<Server> {
  const url = process.env.TEST_REDIS_URL ?? process.env.REDIS_URL ?? 'redis://127.0.0.1:6379';
  return { url, origin: new URL(url).host, stop: async () => {} };
}
