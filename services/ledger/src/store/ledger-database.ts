import { createDatabase, type Database, type DatabaseOptions, type Logger, type Session } from '@outlay/platform';
import { PrismaClient } from '../../generated/prisma/client.ts';
import { goneReferenceOf } from './gone-reference.ts';
import { planRefusalOf } from './plan-limits.ts';

export type LedgerDatabase = Database<PrismaClient>;
export type LedgerSession = Session<PrismaClient>;

/** The connections that requests have, unless the configuration says otherwise. */
export const requestPoolMax = 16;

/** The pool of this service, with its Prisma client. */
export function createLedgerDatabase(url: string, logger: Logger, poolMax = requestPoolMax): LedgerDatabase {
  return openDatabase({ url, applicationName: 'ledger', poolMax, logger });
}

/**
 * A pool for what goes on in the background with large batches: it takes no connection from requests, and its statements
 * may wait longer, for each other above all.
 */
export function createBackgroundDatabase(url: string, logger: Logger): LedgerDatabase {
  return openDatabase({
    url,
    applicationName: 'ledger-background',
    poolMax: 5,
    acquireTimeoutMs: 60_000,
    statementTimeoutMs: 60_000,
    lockTimeoutMs: 30_000,
    idleInTransactionTimeoutMs: 30_000,
    logger,
  });
}

function openDatabase(
  options: Omit<DatabaseOptions<PrismaClient>, 'parameters' | 'prisma' | 'refusalOf'>,
): LedgerDatabase {
  return createDatabase({
    ...options,
    // A list is read along the index that has its order, which costs what the page shows. With statistics that are out
    // of date (after a large import) or an average (one large tenant among many small ones) the planner expects few rows
    // and would read all of a tenant's expenses to sort them: measured, 12 ms instead of 0.3 ms at 20,000. `off` makes a
    // sort the last resort, not impossible. What a last resort is said to cost would have every statement that sorts
    // compiled first, where the server can: 200 ms for a page that takes one.
    parameters: { enable_sort: 'off', jit: 'off' },
    prisma: (adapter) => new PrismaClient({ adapter }),
    refusalOf: (failure) => planRefusalOf(failure) ?? goneReferenceOf(failure),
  });
}
