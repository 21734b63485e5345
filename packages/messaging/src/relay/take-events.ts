import type { Session } from '@outlay/platform';
import type { Envelope } from '../envelope.ts';

/** An unpublished event whose row this relay has locked. */
export interface TakenEvent {
  readonly seq: bigint;
  readonly recordedAt: Date;
  readonly envelope: Envelope;
}

/**
 * The oldest unpublished rows that no other relay has locked, and of those the ones whose turn it is.
 *
 * `skip locked` lets relays work side by side, but it also lets this one take version 2 of an aggregate while another
 * still publishes version 1. So a row waits while an earlier one of its aggregate is unpublished and not ours. Such rows
 * are in the hands of other relays, so they are found among the `oldest`, of which there are more than a few relays can
 * hold; a row beyond them waits as well. All parts read one snapshot; a row that was published since counts as
 * unpublished in it, which errs on the safe side.
 *
 * Ordered and limited like this, both scans walk the index of what is unpublished. (With `seq <= max` in place of the
 * limit, PostgreSQL read the whole table: 140 ms with a million rows waiting, 3 ms so.) The statements of a relay have
 * no name: a plan that was made once, on an empty outbox, must not be kept for a full one.
 */
const takeEvents = `
  with taken as materialized (
    select outbox.seq, outbox.tenant_id, outbox.subject, outbox.recorded_at, outbox.envelope
    from outbox
    where outbox.published_at is null and outbox.subject <> all ($2::text[])
    order by outbox.seq
    limit $1
    for update skip locked
  ),
  oldest as materialized (
    select outbox.seq, outbox.tenant_id, outbox.subject
    from outbox
    where outbox.published_at is null and outbox.subject <> all ($2::text[])
    order by outbox.seq
    limit 3 * $1 + 500
  ),
  held as materialized (
    select oldest.tenant_id, oldest.subject, min(oldest.seq) as seq
    from oldest
    where not exists (select from taken where taken.seq = oldest.seq)
    group by oldest.tenant_id, oldest.subject
  )
  select
    taken.seq,
    taken.recorded_at as "recordedAt",
    taken.envelope,
    coalesce(held.seq < taken.seq, false) or taken.seq > (select max(oldest.seq) from oldest) as "mustWait"
  from taken
  left join held on held.tenant_id = taken.tenant_id and held.subject = taken.subject
  order by taken.seq`;

/**
 * Locks up to `batchMax` events for this transaction, leaving out the given subjects. `waiting` counts events that were
 * locked but must not go out before those of another relay.
 */
export async function takeUnpublished(
  session: Session,
  batchMax: number,
  withoutSubjects: readonly string[],
): Promise<{ events: TakenEvent[]; waiting: number }> {
  const { rows } = await session.query<TakenEvent & { mustWait: boolean }>(takeEvents, [batchMax, withoutSubjects]);
  const events = rows.filter((row) => !row.mustWait);
  return { events, waiting: rows.length - events.length };
}

/**
 * Found through the index of what is unpublished; the times let the other months out of it. The commit does not wait for
 * the disk, which commands then have to themselves: a server that crashes forgets its last marks, three times
 * `wal_writer_delay` at most, and what was marked goes out again, as after the crash of a relay.
 */
const markEvents = `
  update outbox
  set published_at = clock_timestamp()
  where (select set_config('synchronous_commit', 'off', true)) = 'off'
    and outbox.seq = any ($1::bigint[])
    and outbox.published_at is null
    and outbox.recorded_at >= $2::timestamptz
    and outbox.recorded_at <= $3::timestamptz + interval '1 millisecond'`;

/** Marks events as published, in the transaction that took them. */
export async function markPublished(session: Session, events: readonly TakenEvent[]): Promise<void> {
  if (events.length === 0) return;
  const times = events.map((event) => event.recordedAt.getTime());
  await session.query(markEvents, [
    events.map((event) => event.seq),
    new Date(times.reduce((least, time) => Math.min(least, time))),
    new Date(times.reduce((most, time) => Math.max(most, time))),
  ]);
}

/** Counts to 100,000 and no further, so that asking stays cheap when it matters. */
const measureBacklog = `
  select
    (
      select count(*)
      from (select from outbox where outbox.published_at is null limit 100000) as unpublished
    )::int as events,
    (
      select extract(epoch from clock_timestamp() - outbox.recorded_at)
      from outbox
      where outbox.published_at is null
      order by outbox.seq
      limit 1
    )::float8 as "oldestAgeSeconds",
    current_schema() as schema`;

/** How many events wait, and since when the oldest does. */
export async function readBacklog(
  session: Session,
): Promise<{ events: number; oldestAgeSeconds: number; schema: string }> {
  const { rows } = await session.query<{ events: number; oldestAgeSeconds: number | null; schema: string }>(
    measureBacklog,
  );
  const [row] = rows;
  return { events: row?.events ?? 0, oldestAgeSeconds: row?.oldestAgeSeconds ?? 0, schema: row?.schema ?? '' };
}
