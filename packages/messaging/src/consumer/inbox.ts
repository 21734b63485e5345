import type { Session } from '@outlay/platform';
import type { ReceivedEvent } from './received-event.ts';

type EventIdentity = Pick<ReceivedEvent, 'id' | 'time'>;

/**
 * Enters events into the inbox and answers which of them are new. Another transaction that is entering the same event is
 * waited for. In the order of their ids, so that two consumers with the same events cannot lock each other out.
 */
const enterEvents = {
  name: 'messaging_enter_events',
  text: `
    insert into inbox (tenant_id, queue, event_id, recorded_at)
    select $1::uuid, $2::text, event.id, event.recorded_at
    from unnest($3::uuid[], $4::timestamptz[]) as event (id, recorded_at)
    order by event.id
    on conflict do nothing
    returning inbox.event_id as "eventId"`,
};

/** Records that these events are handled for this queue, in the session's transaction; answers those that were not before. */
export async function enterInbox<E extends EventIdentity>(
  session: Session,
  queueName: string,
  events: readonly E[],
): Promise<E[]> {
  const { rows } = await session.query<{ eventId: string }>(enterEvents, [
    session.tenantId,
    queueName,
    events.map((event) => event.id),
    events.map((event) => event.time),
  ]);
  const entered = new Set(rows.map((row) => row.eventId));
  // An event may stand twice in one batch; `delete` lets only the first through.
  return events.filter((event) => entered.delete(event.id));
}
