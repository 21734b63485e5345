import { events } from '@outlay/contracts';
import { newId } from '@outlay/platform';
import type { Envelope } from '../../src/envelope.ts';
import { type OutgoingEvent, toOutboxRow } from '../../src/outbox/outgoing-event.ts';

type CategoryCreated = OutgoingEvent<'outlay.ledger.category.created.v1'>;

/** A small event; its category is named as told. */
export function categoryCreated(
  tenantId: string,
  subject: string = newId(),
  aggregateVersion = 1,
  name = 'Software',
): CategoryCreated {
  const type = 'outlay.ledger.category.created.v1';
  const { codec, example } = events[type];
  const data = codec.fromJSON(example);
  return {
    type,
    tenantId,
    subject,
    aggregateVersion,
    data: { ...data, category: data.category && { ...data.category, name } },
  };
}

/** The event as it would come from the outbox. */
export function envelopeOf(event: OutgoingEvent, requestId: string = newId()): Envelope {
  return JSON.parse(toOutboxRow({ requestId }, event).envelope);
}
