import pg from 'pg';
import { remainingMs } from '../context/call-scope.ts';
import { deadlineExceeded, unavailable } from '../errors/domain-error.ts';
import type { Logger } from '../operations/logger.ts';
import { type Connection, wrapConnection } from './connection.ts';
import { sqlStateOf } from './database-error.ts';
import { watchPool } from './pool-metrics.ts';
import { typeParsers } from './type-parsers.ts';

/** The settings of a pool; all of them have a value by now. */
export interface PoolSettings {
  url: string;
  applicationName: string;
  poolMax: number;
  acquireTimeoutMs: number;
  statementTimeoutMs: number;
  lockTimeoutMs: number;
  idleInTransactionTimeoutMs: number;
  parameters?: Readonly<Record<string, string>>;
  logger: Logger;
}

/** A pool that hands out wrapped connections. */
export interface ConnectionPool {
  acquire(): Promise<Connection>;
  release(connection: Connection): void;
  /** Called with each connection that the pool has given up. */
  onRemove(listener: (client: pg.PoolClient) => void): void;
  stats(): { total: number; idle: number; waiting: number };
  close(): Promise<void>;
}

const idleTimeoutMs = 60_000;
const retryDelayMs = 50;
const lifetimeMaxSeconds = 1_800;

/** In which values come as text. Whoever runs the server may have set the database or the role to others, which nothing here reads. */
const formats = { DateStyle: 'ISO', IntervalStyle: 'postgres', TimeZone: 'UTC', bytea_output: 'hex' };

const connectionParameters = {
  ...formats,
  // A client that was killed or gave up must not keep its locks until its statement ends (PostgreSQL 14 or newer).
  client_connection_check_interval: '1000',
  // Compiling a plan takes longer than any statement here runs.
  jit: 'off',
  // Statements are planned for any tenant, and not for the one that asks. Of a tenant that came after the last statistics the
  // planner expects one row: then every index that begins with the tenant is as good, and of a large one all rows are read for
  // each that is looked up (measured: 7.5 s instead of 4 ms for 250 expenses among 54,000).
  plan_cache_mode: 'force_generic_plan',
  // Such a plan is kept until there are other statistics, and a small table that it reads whole may have grown by then.
  enable_seqscan: 'off',
};

/** The connection settings that every connection of a service has, the listening one included. */
export function connectionConfig(settings: PoolSettings): pg.ClientConfig {
  return {
    connectionString: settings.url,
    application_name: settings.applicationName,
    statement_timeout: settings.statementTimeoutMs,
    lock_timeout: settings.lockTimeoutMs,
    idle_in_transaction_session_timeout: settings.idleInTransactionTimeoutMs,
    connectionTimeoutMillis: settings.acquireTimeoutMs,
    options: toOptions({ ...connectionParameters, ...settings.parameters }),
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
    types: typeParsers,
  };
}

const toOptions = (parameters: Readonly<Record<string, string>>): string =>
  Object.entries(parameters)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ');

/** What a connection that is none of this pool's must be told, so that it reads the same of the same values. */
export const formatOptions = toOptions(formats);

/** Makes a pool on pg's. Acquiring is bounded by its own time-out and by the deadline of the work in progress. */
export function createPool(settings: PoolSettings): ConnectionPool {
  const pool = new pg.Pool({
    ...connectionConfig(settings),
    max: settings.poolMax,
    idleTimeoutMillis: idleTimeoutMs,
    maxLifetimeSeconds: lifetimeMaxSeconds,
  });
  pool.on('error', (error) => settings.logger.warn({ error }, 'idle database connection lost'));
  // While a connection is out, the pool does not listen to its errors; the statement under way reports them. The listener
  // is there before the connection is handed out: its end may stand in the very bytes that said it was ready.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const stats = () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount });
  const unwatch = watchPool(settings.applicationName, stats);
  const wrapped = new WeakMap<pg.PoolClient, Connection>();
  let closing: Promise<void> | undefined;

  return {
    async acquire() {
      const client = await connectPatiently(pool, settings.acquireTimeoutMs);
      let connection = wrapped.get(client);
      if (!connection) {
        connection = wrapConnection(client, settings.statementTimeoutMs);
        wrapped.set(client, connection);
      }
      return connection;
    },
    release(connection) {
      connection.client.release(connection.isDoubtful);
    },
    onRemove(listener) {
      pool.on('remove', (client) => listener(client as pg.PoolClient));
    },
    stats,
    close() {
      closing ??= pool.end().finally(unwatch);
      return closing;
    },
  };
}

/**
 * A server that takes no further connection at the moment, being full (53300) or still starting (57P03), is asked again
 * until the time to acquire one is over: meanwhile a connection of this pool may have come back.
 */
async function connectPatiently(pool: pg.Pool, acquireTimeoutMs: number): Promise<pg.PoolClient> {
  const giveUpAt = performance.now() + acquireTimeoutMs;
  for (;;) {
    try {
      return await connectWithin(pool, remainingMs());
    } catch (error) {
      const delayMs = retryDelayMs * (0.5 + Math.random());
      const isFull = ['53300', '57P03'].includes(sqlStateOf(error) ?? '');
      if (!isFull || performance.now() + delayMs >= giveUpAt) throw error;
      await new Promise((resolve) => setTimeout(resolve, delayMs));
    }
  }
}

async function connectWithin(pool: pg.Pool, leftMs: number | undefined): Promise<pg.PoolClient> {
  if (leftMs === 0) throw deadlineExceeded();
  const connecting = pool.connect();
  let timer: NodeJS.Timeout | undefined;
  try {
    if (leftMs === undefined) return await connecting;
    const timeout = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, leftMs, undefined);
    });
    const client = await Promise.race([connecting, timeout]);
    if (client) return client;
    connecting.then(
      (late) => late.release(),
      () => undefined,
    );
    throw deadlineExceeded('database_pool_timeout');
  } catch (error) {
    if (error instanceof Error && error.message.includes('timeout exceeded when trying to connect')) {
      throw unavailable('database_pool_timeout', 'No database connection was free in time', error);
    }
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
