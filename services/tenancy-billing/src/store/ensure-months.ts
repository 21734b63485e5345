import type { Database } from '@outlay/platform';

/** Makes the partitions of this month and the next three, for every table that is partitioned by month. */
export async function ensureMonths(database: Pick<Database, 'withGlobal'>, now: Date): Promise<void> {
  await database.withGlobal((session) => session.query('select ensure_month_partitions($1)', [now]));
}
