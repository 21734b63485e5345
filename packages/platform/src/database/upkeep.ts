import type { Database } from './session.ts';

/** A chunk is short enough to hold no lock for long. */
const chunk = 1_000;

const deleteKeys = {
  name: 'platform_delete_idempotency_keys',
  text: `
    delete from idempotency_keys
    where idempotency_keys.ctid in (
      select past.ctid from idempotency_keys as past where past.created_at < $1 limit ${chunk}
    )`,
};

/**
 * Makes the partitions of the month of `now` and the three after it, for every table of the service that is
 * partitioned by month. To be called at start and daily; several replicas may do it at once.
 */
export async function ensureMonthPartitions(database: Pick<Database, 'withGlobal'>, now: Date): Promise<void> {
  await database.withGlobal((session) => session.query('select ensure_month_partitions($1)', [now]));
}

/** How long idempotency keys and their answers are kept, everywhere: clients try again within a day. */
export const idempotencyKeptMs = 2 * 24 * 3_600_000;

/** Deletes the idempotency keys of all tenants from before an instant, in chunks; answers how many. */
export async function deleteIdempotencyKeys(database: Pick<Database, 'withSystem'>, before: Date): Promise<number> {
  for (let total = 0; ; ) {
    const { rowCount } = await database.withSystem((session) => session.query(deleteKeys, [before]));
    total += rowCount;
    if (rowCount < chunk) return total;
  }
}
