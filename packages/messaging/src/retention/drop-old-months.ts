import type { Database } from '@outlay/platform';

const dropInbox = { name: 'messaging_drop_inbox', text: `select drop_month_partitions('inbox', $1) as name` };
const trimInbox = { name: 'messaging_trim_inbox', text: 'delete from inbox where inbox.recorded_at < $1' };

/**
 * Forgets which events were handled before the given time, whole months at once. An event that is delivered again after
 * that has its effect again, so keep more than any message can stay in the bus: three months. Answers the months dropped.
 */
export async function cleanInbox(database: Pick<Database, 'withSystem'>, before: Date): Promise<string[]> {
  return database.withSystem(async (session) => {
    const { rows } = await session.query<{ name: string }>(dropInbox, [before]);
    // What lies in the partition for events older than the schema.
    const month = new Date(Date.UTC(before.getUTCFullYear(), before.getUTCMonth()));
    await session.query(trimInbox, [month]);
    return rows.map((row) => row.name);
  });
}

const unpublishedBefore = {
  name: 'messaging_unpublished_before',
  text: `
    select exists (
      select from outbox where outbox.published_at is null and outbox.recorded_at < $1
    ) as "isBehind"`,
};
const dropOutbox = { name: 'messaging_drop_outbox', text: `select drop_month_partitions('outbox', $1) as name` };

/** Drops the months of the outbox that ended before the given time, unless an event of them is still unpublished. Answers their names. */
export async function cleanOutbox(database: Pick<Database, 'withSystem'>, before: Date): Promise<string[]> {
  return database.withSystem(async (session) => {
    const { rows: found } = await session.query<{ isBehind: boolean }>(unpublishedBefore, [before]);
    if (found[0]?.isBehind !== false) return [];
    const { rows } = await session.query<{ name: string }>(dropOutbox, [before]);
    return rows.map((row) => row.name);
  });
}
