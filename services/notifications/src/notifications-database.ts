import { createDatabase, type Database, type Logger, type Session } from '@outlay/platform';
import { PrismaClient } from '../generated/prisma/client.ts';

/** A session of this service: SQL, and Prisma for ordinary queries. */
export type NotificationsSession = Session<PrismaClient>;
export type NotificationsDatabase = Database<PrismaClient>;

export function createNotificationsDatabase(url: string, logger: Logger): NotificationsDatabase {
  return createDatabase({
    url,
    applicationName: 'notifications',
    prisma: (adapter) => new PrismaClient({ adapter }),
    logger,
  });
}
