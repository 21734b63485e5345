import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import type { IdentityDatabase } from '../store/database.ts';

/** Counts in the database, so that nothing is forgotten with Redis. The window is in seconds. */
export function createDatabaseLimiter(
  database: IdentityDatabase,
  limit: { keyPrefix: string; points: number; duration: number },
): RateLimiterPostgres {
  return new RateLimiterPostgres({
    ...limit,
    storeClient: asPostgresClient(database),
    storeType: 'client',
    tableName: 'login_failures',
    tableCreated: true,
    clearExpiredByTimeout: false,
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

/** How long to wait, from what the limiter answers or throws; 0 where there is room. */
export async function waitAfter(consumed: Promise<unknown>): Promise<number> {
  try {
    await consumed;
    return 0;
  } catch (refusal) {
    if (refusal instanceof RateLimiterRes) return Math.max(refusal.msBeforeNext, 1);
    throw refusal;
  }
}
