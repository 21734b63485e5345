import { createDatabase, type Database, type Logger } from '@outlay/platform';
import { PrismaClient } from '../generated/prisma/client.ts';

/** The data of this service: SQL, and Prisma for ordinary queries. */
export type NotificationsDatabase = Database<PrismaClient>;

export function createNotificationsDatabase(url: string, logger: Logger, poolMax?: number): NotificationsDatabase {
  return createDatabase({
    url,
    applicationName: 'notifications',
    poolMax,
    prisma: (adapter) => new PrismaClient({ adapter }),
    logger,
  });
}
