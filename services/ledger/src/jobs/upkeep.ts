import { keepMonths } from '@outlay/messaging';
import { type Clock, type Database, deleteIdempotencyKeys, type JobWorkerOptions } from '@outlay/platform';

const dayMs = 24 * 3_600_000;

/** A client that still repeats a request after three days is not told from one that has a new wish. */
const idempotencyKeptMs = 3 * dayMs;

/** Made up for when every process was down at that time. */
const nightly = { backfillPeriod: dayMs };

/** What is looked after each night: the months to come and those that have served, and old idempotency keys. */
export function createUpkeep({ database, clock }: { database: Database; clock: Clock }) {
  return {
    tasks: {
      keep_months: () => keepMonths(database, clock()),
      forget_keys: () => deleteIdempotencyKeys(database, new Date(clock().getTime() - idempotencyKeptMs)),
    },
    timed: [
      { task: 'keep_months', match: '11 2 * * *', options: nightly },
      { task: 'forget_keys', match: '23 3 * * *', options: nightly },
    ],
  } satisfies Pick<JobWorkerOptions, 'tasks' | 'timed'>;
}
