import { createDatabase, type Database, type Logger, type Session } from '@outlay/platform';
import { PrismaClient } from '../../generated/prisma/client.ts';

export type TenancyPrisma = PrismaClient;
export type TenancyDatabase = Database<TenancyPrisma>;
export type TenancySession = Session<TenancyPrisma>;

/** The pool of this service, with its Prisma client. */
export function createTenancyDatabase(url: string, logger: Logger, poolMax?: number): TenancyDatabase {
  return createDatabase({
    url,
    applicationName: 'tenancy-billing',
    poolMax,
    prisma: (adapter) => new PrismaClient({ adapter }),
    logger,
  });
}
