import type { Session } from '@outlay/platform';
import { type EventOrigin, type OutgoingEvent, toOutboxRow } from './outgoing-event.ts';

/**
 * One statement for any number of events. They get their seq in the order given, which is the order in which those of
 * one aggregate are published. The notification goes out with the commit and wakes the relays of this schema.
 */
const insertEvents = {
  name: 'messaging_enqueue_events',
  text: `
    with enqueued as (
      insert into outbox (tenant_id, id, recorded_at, type, subject, aggregate_version, envelope)
      select row.tenant_id, row.id, row.recorded_at, row.type, row.subject, row.aggregate_version, row.envelope::jsonb
      from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::bigint[], $7::text[])
        with ordinality as row (tenant_id, id, recorded_at, type, subject, aggregate_version, envelope, position)
      order by row.position
    )
    select pg_notify(current_schema() || '_outbox', '')`,
};

/**
 * Puts events into the outbox in the session's transaction: they will be published if and only if it commits. Each must
 * belong to the session's tenant. `origin` is the caller's context, or `originOf` the event being handled.
 */
export async function enqueueEvents(
  session: Pick<Session, 'query'>,
  origin: EventOrigin,
  events: readonly OutgoingEvent[],
): Promise<void> {
  if (events.length === 0) return;
  const rows = events.map((event) => toOutboxRow(origin, event));
  await session.query(insertEvents, [
    rows.map((row) => row.tenantId),
    rows.map((row) => row.id),
    rows.map((row) => row.recordedAt),
    rows.map((row) => row.type),
    rows.map((row) => row.subject),
    rows.map((row) => row.aggregateVersion),
    rows.map((row) => row.envelope),
  ]);
}
