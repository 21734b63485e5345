import pg from 'pg';
import { destroySocket } from '../database/connection.ts';
import { formatOptions } from '../database/pool.ts';
import { within } from '../lifecycle/time.ts';
import type { Logger } from '../operations/logger.ts';

/** A small pool for graphile-worker, apart from the one that use cases share: jobs must not wait for requests. */
export interface JobPool {
  readonly pool: pg.Pool;
  /** Closes it in bounded time; connections that are still in use by then are cut. Never rejects. */
  close(): Promise<void>;
}

const connectTimeoutMs = 2_000;
const closeTimeoutMs = 1_000;

/** Makes the pool; connections are opened when they are needed. */
export function createJobPool(options: {
  databaseUrl: string;
  applicationName: string;
  max: number;
  /** 10,000 unless set. */
  statementTimeoutMs?: number;
  logger: Logger;
}): JobPool {
  const { databaseUrl, applicationName, max, statementTimeoutMs = 10_000, logger } = options;
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    application_name: applicationName,
    max,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: 10_000,
    options: formatOptions,
    // The listening connection is silent for hours; the host behind it may be gone by then.
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
  });
  const open = new Set<pg.PoolClient>();
  pool.on('error', (error) => logger.debug({ error, pool: applicationName }, 'idle job connection lost'));
  pool.on('connect', (client) => {
    open.add(client);
    // While a connection is out the pool does not listen to its errors; the statement under way reports them.
    client.on('error', () => undefined);
  });
  pool.on('remove', (client) => open.delete(client));
  return {
    pool,
    async close() {
      await within(closeTimeoutMs, pool.end());
      for (const client of open) destroySocket(client);
    },
  };
}
