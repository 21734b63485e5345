import { randomUUID } from 'node:crypto';
import { newId } from '@outlay/platform';
import type { Delivery, DeliveryHandler, DeliveryOutcome } from '../../../src/bus/bus.ts';
import type { QueueDefinition } from '../../../src/catalogue.ts';
import type { Envelope } from '../../../src/envelope.ts';

/** An event of the given type; each call makes another aggregate unless told. */
export function anEvent(type: string, fields: Partial<Envelope> = {}): Envelope {
  return {
    specversion: '1.0',
    id: newId(),
    source: '/outlay/test',
    type,
    subject: randomUUID(),
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    tenantid: randomUUID(),
    aggregateversion: 1,
    correlationid: randomUUID(),
    data: {},
    ...fields,
  };
}

/** A queue that nothing else uses, with an event type of its own. */
export function aQueue(fields: Partial<QueueDefinition> = {}): QueueDefinition & { type: string } {
  const name = `test.${randomUUID().slice(0, 8)}`;
  return { name, events: [`outlay.${name}.v1`], attempts: 3, backoffMs: [50], ...fields, type: `outlay.${name}.v1` };
}

/** The id of the event in a delivery. */
export function idOf(delivery: Pick<Delivery, 'body'>): string {
  return (delivery.body as Envelope).id;
}

/** A handler that remembers what it saw and answers with `outcome`. */
export function recorder(outcome: (delivery: Delivery) => DeliveryOutcome = () => ({ kind: 'done' })) {
  const seen: { id: string; attempt: number; at: number }[] = [];
  const calls: number[] = [];
  const handle: DeliveryHandler = async (deliveries) => {
    calls.push(deliveries.length);
    return deliveries.map((delivery) => {
      seen.push({ id: idOf(delivery), attempt: delivery.attempt, at: performance.now() });
      return outcome(delivery);
    });
  };
  return { seen, calls, handle, ids: () => seen.map((one) => one.id) };
}
