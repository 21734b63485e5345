import { createDatabase, type Database, type Logger, type Session } from '@outlay/platform';
import { PrismaClient } from '../../generated/prisma/client.ts';

export type IdentityPrisma = PrismaClient;
export type IdentityDatabase = Database<IdentityPrisma>;
export type IdentitySession = Session<IdentityPrisma>;

/** The pool of this service, with its Prisma client. */
export function createIdentityDatabase(url: string, logger: Logger, poolMax?: number): IdentityDatabase {
  return createDatabase({
    url,
    applicationName: 'identity',
    poolMax,
    prisma: (adapter) => new PrismaClient({ adapter }),
    logger,
  });
}
