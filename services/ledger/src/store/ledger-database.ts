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
    prisma: (adapter) => new PrismaClient({ adapter }),
    logger,
  });
}
