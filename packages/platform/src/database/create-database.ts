import type { SqlDriverAdapterFactory } from '@prisma/driver-adapter-utils';
import type { Logger } from '../operations/logger.ts';
import type { Database } from './session.ts';

/** How a service's pool of connections is made. Times are milliseconds. */
export interface DatabaseOptions<P> {
  /** Names the service's own role. */
  url: string;
  /** Shown in pg_stat_activity. */
  applicationName: string;
  poolMax?: number;
  acquireTimeoutMs?: number;
  statementTimeoutMs?: number;
  lockTimeoutMs?: number;
  idleInTransactionTimeoutMs?: number;
  /** Makes a Prisma client on the adapter: `(adapter) => new PrismaClient({ adapter })`. Called once per connection, when first needed. */
  prisma?: (adapter: SqlDriverAdapterFactory) => P;
  logger: Logger;
}

export function createDatabase<P = undefined>(_options: DatabaseOptions<P>): Database<P> {
  throw new Error('pending');
}
