import { cleanInbox, cleanOutbox } from '@outlay/messaging';
import type { Clock, Component, Logger } from '@outlay/platform';
import type { Identity } from '../application/identity.ts';
import type { IdentityDatabase } from '../store/database.ts';
import { ensureMonths } from '../store/ensure-months.ts';
import { createJobWorker } from './job-worker.ts';

/** Nightly, and made up for when every process was down at that time. */
const crontab = `
  11 2 * * * keep_months ?fill=1d
  23 3 * * * purge_expired ?fill=1d
`;

/** Longer than any message can stay in the bus. */
const inboxMonths = 3;
const outboxMonths = 1;

/** The timed work of this service. */
export function createTimedWork(options: {
  databaseUrl: string;
  identity: Identity;
  database: IdentityDatabase;
  clock: Clock;
  logger: Logger;
}): Component {
  const { databaseUrl, identity, database, clock, logger } = options;
  return createJobWorker({
    databaseUrl,
    schema: 'identity_jobs',
    crontab,
    tasks: {
      purge_expired: () => identity.purgeExpired(clock()),
      keep_months: async () => {
        const now = clock();
        await ensureMonths(database, now);
        await cleanInbox(database, monthsBefore(now, inboxMonths));
        await cleanOutbox(database, monthsBefore(now, outboxMonths));
      },
    },
    logger,
  });
}

function monthsBefore(instant: Date, months: number): Date {
  return new Date(Date.UTC(instant.getUTCFullYear(), instant.getUTCMonth() - months, 1));
}
