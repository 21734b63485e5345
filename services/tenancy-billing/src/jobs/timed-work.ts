import { cleanInbox, cleanOutbox } from '@outlay/messaging';
import type { Clock, Component, Logger } from '@outlay/platform';
import type { Tenancy } from '../application/tenancy.ts';
import type { TenancyDatabase } from '../store/database.ts';
import { ensureMonths } from '../store/ensure-months.ts';
import { createJobWorker } from './job-worker.ts';

/** The nightly ones are made up for when every process was down; registrations left open are looked at each minute. */
const crontab = `
  * * * * * settle_registrations ?max=1&jobKey=settle_registrations
  11 2 * * * keep_months ?fill=1d
  23 3 * * * purge_expired ?fill=1d
`;

/** Longer than any message can stay in the bus. */
const inboxMonths = 3;
const outboxMonths = 1;

/** The timed work of this service. */
export function createTimedWork(options: {
  databaseUrl: string;
  tenancy: Tenancy;
  database: TenancyDatabase;
  clock: Clock;
  logger: Logger;
}): Component {
  const { databaseUrl, tenancy, database, clock, logger } = options;
  return createJobWorker({
    databaseUrl,
    schema: 'tenancy_billing_jobs',
    crontab,
    tasks: {
      settle_registrations: () => tenancy.settleRegistrations(clock()),
      purge_expired: () => tenancy.purgeExpired(clock()),
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
