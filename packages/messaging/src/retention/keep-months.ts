import { type Database, ensureMonthPartitions } from '@outlay/platform';
import { cleanInbox, cleanOutbox } from './drop-old-months.ts';

/** Longer than any message can stay in the bus; what went out can be looked up for as long as what came in. */
const keptMonths = 3;

/**
 * Looks after tables that are partitioned by month: makes the partitions of the coming months, and drops those of inbox and
 * outbox that have served. To be done daily; several replicas may do it at once. All other tables are kept for good.
 */
export async function keepMonths(database: Pick<Database, 'withGlobal' | 'withSystem'>, now: Date): Promise<void> {
  await ensureMonthPartitions(database, now);
  const before = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - keptMonths, 1));
  await cleanInbox(database, before);
  await cleanOutbox(database, before);
}
