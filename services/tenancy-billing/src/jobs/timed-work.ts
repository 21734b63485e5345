import { keepMonths } from '@outlay/messaging';
import { type Clock, createJobWorker, type JobWorker, type Logger } from '@outlay/platform';
import type { Tenancy } from '../application/tenancy.ts';
import type { TenancyDatabase } from '../store/database.ts';

/** Made up for when every process was down at that time. */
const nightly = { backfillPeriod: 24 * 3_600_000 };

/** Not tried again: the next minute does it. */
const eachMinute = { maxAttempts: 1 };

/** The timed work of this service. */
export function createTimedWork(options: {
  databaseUrl: string;
  tenancy: Tenancy;
  database: TenancyDatabase;
  clock: Clock;
  logger: Logger;
}): JobWorker {
  const { databaseUrl, tenancy, database, clock, logger } = options;
  return createJobWorker({
    databaseUrl,
    schema: 'tenancy_billing_jobs',
    tasks: {
      settle_currencies: () => tenancy.settleCurrencies(clock()),
      settle_registrations: () => tenancy.settleRegistrations(clock()),
      keep_months: () => keepMonths(database, clock()),
      purge_expired: () => tenancy.purgeExpired(clock()),
    },
    timed: [
      { task: 'settle_currencies', match: '* * * * *', options: eachMinute },
      { task: 'settle_registrations', match: '* * * * *', options: eachMinute },
      { task: 'keep_months', match: '11 2 * * *', options: nightly },
      { task: 'purge_expired', match: '23 3 * * *', options: nightly },
    ],
    logger,
  });
}
