import { createDatabase, type Database, type Logger, type Session } from '@outlay/platform';
import { PrismaClient } from '../../generated/prisma/client.ts';

export type LedgerDatabase = Database<PrismaClient>;
export type LedgerSession = Session<PrismaClient>;

/** The pool of this service, with its Prisma client. */
export function createLedgerDatabase(url: string, logger: Logger): LedgerDatabase {
  return createDatabase({
    url,
    applicationName: 'ledger',
    poolMax: 16,
    // A list is read along the index that has its order, which costs what the page shows. With statistics that are out
    // of date (after a large import) or an average (one large tenant among many small ones) the planner expects few rows
    // and would read all of a tenant's expenses to sort them: measured, 12 ms instead of 0.3 ms at 20,000. `off` makes a
    // sort the last resort, not impossible.
    parameters: { enable_sort: 'off' },
    prisma: (adapter) => new PrismaClient({ adapter }),
    logger,
  });
}
