import { keepMonths } from '@outlay/messaging';
import {
  type Clock,
  type Database,
  deleteIdempotencyKeys,
  idempotencyKeptMs,
  type JobWorkerOptions,
} from '@outlay/platform';
import { tallyAllTags } from './tag-tally.ts';

const dayMs = 24 * 3_600_000;

/** Made up for when every process was down at that time. */
const nightly = { backfillPeriod: dayMs };

/** What is looked after each night: the months to come and those that have served, counts of tags, and old idempotency keys. */
export function createUpkeep({ database, clock }: { database: Database; clock: Clock }) {
  return {
    tasks: {
      keep_months: () => keepMonths(database, clock()),
      tally_tags: () => tallyAllTags(database),
      forget_keys: () => deleteIdempotencyKeys(database, new Date(clock().getTime() - idempotencyKeptMs)),
    },
    timed: [
      { task: 'keep_months', match: '11 2 * * *', options: nightly },
      { task: 'tally_tags', match: '41 2 * * *', options: nightly },
      { task: 'forget_keys', match: '23 3 * * *', options: nightly },
    ],
  } satisfies Pick<JobWorkerOptions, 'tasks' | 'timed'>;
}
