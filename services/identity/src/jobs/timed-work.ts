import { keepMonths } from '@outlay/messaging';
import { type Clock, createJobWorker, type JobWorker, type Logger } from '@outlay/platform';
import type { Identity } from '../application/identity.ts';
import type { IdentityDatabase } from '../store/database.ts';

/** Made up for when every process was down at that time. */
const nightly = { backfillPeriod: 24 * 3_600_000 };

/** The timed work of this service. */
export function createTimedWork(options: {
  databaseUrl: string;
  identity: Identity;
  database: IdentityDatabase;
  clock: Clock;
  logger: Logger;
}): JobWorker {
  const { databaseUrl, identity, database, clock, logger } = options;
  return createJobWorker({
    databaseUrl,
    schema: 'identity_jobs',
    tasks: {
      keep_months: () => keepMonths(database, clock()),
      purge_expired: () => identity.purgeExpired(clock()),
    },
    timed: [
      { task: 'keep_months', match: '11 2 * * *', options: nightly },
      { task: 'purge_expired', match: '23 3 * * *', options: nightly },
    ],
    logger,
  });
}
