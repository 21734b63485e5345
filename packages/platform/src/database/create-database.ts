import type { SqlDriverAdapterFactory } from '@prisma/driver-adapter-utils';
import type pg from 'pg';
import { remainingMs } from '../context/call-scope.ts';
import { toTenantId } from '../context/ids.ts';
import { DomainError, isDomainError, outcomeLost } from '../errors/domain-error.ts';
import type { Logger } from '../operations/logger.ts';
import type { Connection } from './connection.ts';
import { isConnectionLoss, isContention, isStalePlan, sqlStateOf, toDatabaseError } from './database-error.ts';
import { listenOn } from './listen.ts';
import { connectionConfig, createPool } from './pool.ts';
import { createSessionAdapter } from './prisma-adapter.ts';
import type { Database, NamedStatement, Notice, Session, TransactionOptions } from './session.ts';
import { begin, commit, openSession, rollback, type Scope, statementTimeoutWithin } from './transaction.ts';

/** How a service's pool of connections is made. */
export interface DatabaseOptions<P> {
  /** Names the service's own login role. */
  url: string;
  /** Shown in pg_stat_activity and in the metrics. */
  applicationName: string;
  /** 8 unless set: all services of a platform together must leave room on a server that takes 100. */
  poolMax?: number;
  /** How long to wait for a free connection; 2,000 unless set. */
  acquireTimeoutMs?: number;
  /** 5,000 unless set; a shorter deadline of the work in progress wins. */
  statementTimeoutMs?: number;
  /** 3,000 unless set. */
  lockTimeoutMs?: number;
  /** 10,000 unless set. */
  idleInTransactionTimeoutMs?: number;
  /** Further parameters of PostgreSQL for each connection, such as planner settings. */
  parameters?: Readonly<Record<string, string>>;
  /** Makes a Prisma client on the adapter: `(adapter) => new PrismaClient({ adapter })`. Called once per connection, when first needed. */
  prisma?: (adapter: SqlDriverAdapterFactory) => P;
  /** What a failure of a statement means to this service, where functions of its schema refuse by an SQLSTATE of their own. */
  refusalOf?: (failure: unknown) => DomainError | undefined;
  logger: Logger;
}

/** Makes the pool of a service; connections are opened when they are needed. */
export function createDatabase<P = undefined>(options: DatabaseOptions<P>): Database<P> {
  const settings = {
    poolMax: 8,
    acquireTimeoutMs: 2_000,
    statementTimeoutMs: 5_000,
    lockTimeoutMs: 3_000,
    idleInTransactionTimeoutMs: 10_000,
    ...withoutUndefined(options),
  };
  const pool = createPool(settings);
  const prismaOf = prismaPerConnection(options.prisma, pool.onRemove);
  const system: Scope = { kind: 'system', role: systemRoleOf(options.url) };
  const ping: NamedStatement = { name: 'platform_ping', text: 'select 1' };

  async function transact<T>(
    scope: Scope,
    work: (session: Session<P>) => Promise<T>,
    transaction: TransactionOptions = {},
  ): Promise<T> {
    return withRetries(transaction.retries, async () => {
      const connection = await acquireBegun(scope, transaction);
      let isCommitting = false;
      const { session, end } = openSession(connection, scope, () => prismaOf(connection));
      try {
        const result = await work(session);
        end();
        isCommitting = true;
        await commit(connection);
        return result;
      } catch (error) {
        end();
        await rollback(connection);
        const cause = refusalIn(error, connection) ?? theCause(error, connection);
        throw isCommitting ? doubtful(cause) : cause;
      } finally {
        pool.release(connection);
      }
    });
  }

  /** A pooled connection may have died unnoticed. As nothing was done on it yet, another one may be tried. */
  async function acquireBegun(scope: Scope, transaction: TransactionOptions): Promise<Connection> {
    for (let attempt = 1; ; attempt++) {
      const connection = await pool.acquire();
      try {
        const statementTimeoutMs = statementTimeoutWithin(remainingMs(), settings.statementTimeoutMs);
        await begin(connection, scope, { ...transaction, statementTimeoutMs });
        return connection;
      } catch (error) {
        await rollback(connection);
        pool.release(connection);
        if (attempt > settings.poolMax || !isConnectionLoss(error)) throw error;
      }
    }
  }

  /** Looked for in what the server said, which Prisma wraps; an earlier failure that somebody has dealt with is none. */
  function refusalIn(error: unknown, { failure }: Connection): DomainError | undefined {
    return sqlStateOf(error) === sqlStateOf(failure) ? options.refusalOf?.(failure) : undefined;
  }

  async function once<R>(
    statement: NamedStatement,
    values: readonly unknown[],
    onNotice?: (notice: Notice) => void,
  ): Promise<R[]> {
    return withRetries(undefined, async () => {
      const connection = await pool.acquire();
      connection.notices = [];
      try {
        const result = await connection.run({ name: statement.name, text: statement.text, values: [...values] });
        if (onNotice) connection.notices.forEach(onNotice);
        return result.rows as R[];
      } catch (error) {
        if (isStalePlan(error)) connection.isDoubtful = true;
        throw refusalIn(error, connection) ?? doubtful(error);
      } finally {
        pool.release(connection);
      }
    });
  }

  return {
    withTenant: async (context, work, transaction) =>
      transact({ kind: 'tenant', tenantId: toTenantId(context.tenantId) }, work, transaction),
    withSystem: (work, transaction) => transact(system, work, transaction),
    withGlobal: (work, transaction) => transact({ kind: 'global' }, work, transaction),
    once,
    listen: (channel, onNotify) =>
      listenOn({ ...connectionConfig(settings), application_name: `${settings.applicationName} listen` }, channel, {
        onNotify,
        logger: settings.logger,
      }),
    async ping() {
      await once(ping, []);
    },
    close: pool.close,
    stats: pool.stats,
  };
}

/** Prisma wraps errors, and use cases may wrap them again; what the connection saw decides about retrying. */
function theCause(error: unknown, connection: Connection): unknown {
  const { failure } = connection;
  if (failure === undefined) return error;
  if (isStalePlan(failure)) connection.isDoubtful = true;
  if (isDomainError(failure, 'deadline_exceeded')) return failure;
  if (isDomainError(failure, 'unavailable')) return failure;
  const decides = isConnectionLoss(failure) || isContention(sqlStateOf(failure)) || isStalePlan(failure);
  return decides ? failure : error;
}

/** A connection that was lost once COMMIT, or a lone statement, was sent: it may have been done. */
function doubtful(error: unknown): unknown {
  if (error instanceof DomainError || !isConnectionLoss(error)) return error;
  return outcomeLost('database_unavailable', 'The database is not available', error);
}

const retriesDefault = 3;

async function withRetries<T>(retries: number | undefined, work: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const mayRetry = isContention(sqlStateOf(error)) || isStalePlan(error);
      if (!mayRetry || attempt >= (retries ?? retriesDefault)) throw toDatabaseError(error);
      // Spread out, or those who met once would meet again.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 10 * 2 ** attempt));
    }
  }
}

/** A Prisma client costs about 5 MB, so each connection gets one only when a use case asks for it, and keeps it. */
function prismaPerConnection<P>(
  create: DatabaseOptions<P>['prisma'],
  onRemove: (listener: (client: pg.PoolClient) => void) => void,
): (connection: Connection) => P {
  const clients = new WeakMap<pg.PoolClient, P>();
  onRemove((client) => {
    const disconnect: unknown = Reflect.get(Object(clients.get(client)), '$disconnect');
    if (typeof disconnect === 'function') void disconnect.call(clients.get(client));
    clients.delete(client);
  });
  return (connection) => {
    const known = clients.get(connection.client);
    if (known !== undefined) return known;
    if (!create) throw new Error('This database was made without Prisma');
    const made = create(createSessionAdapter(connection));
    clients.set(connection.client, made);
    return made;
  };
}

function systemRoleOf(url: string): string {
  const role = decodeURIComponent(new URL(url).username);
  return /^[a-z][a-z0-9_]*$/.test(role) ? `${role}_system` : 'none';
}

function withoutUndefined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
