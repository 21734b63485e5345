import { describe, expect, it } from '@jest/globals';
import { type EventName, events } from '@outlay/contracts';
import { newId } from '@outlay/platform';
import { type OutgoingEvent, toOutboxRow } from '../outbox/outgoing-event.ts';
import { contextOf, InvalidMessageError, parseEvent } from './received-event.ts';

const names = Object.keys(events) as EventName[];

/** An envelope as a publisher makes it, from the example in the catalogue. */
function publish(type: EventName) {
  const definition = events[type];
  const event = {
    type,
    tenantId: newId(),
    subject: newId(),
    aggregateVersion: 3n,
    data: definition.codec.fromJSON(definition.example),
  } as OutgoingEvent;
  const row = toOutboxRow({ requestId: 'request', causationId: 'cause' }, event, new Date('2025-01-15T10:30:00.123Z'));
  return { event, row, envelope: JSON.parse(row.envelope) };
}

describe('an event on its way', () => {
  it.each(names)('%s arrives as it was sent', (type) => {
    const { event, row, envelope } = publish(type);

    const received = parseEvent(envelope, names);

    expect(received).toMatchObject({
      id: row.id,
      type,
      tenantId: event.tenantId,
      subject: event.subject,
      aggregateVersion: 3,
      time: new Date('2025-01-15T10:30:00.123Z'),
      requestId: 'request',
      causationId: 'cause',
    });
    expect(received.data).toEqual(event.data);
  });

  it('is a CloudEvent in structured mode', () => {
    const { envelope, row } = publish('outlay.ledger.expense.recorded.v1');

    expect(envelope).toMatchObject({
      specversion: '1.0',
      id: row.id,
      source: '/outlay/ledger',
      type: 'outlay.ledger.expense.recorded.v1',
      time: '2025-01-15T10:30:00.123Z',
      datacontenttype: 'application/json',
      aggregateversion: 3,
      correlationid: 'request',
      causationid: 'cause',
    });
    // CloudEvents 1.0, naming conventions: lower-case letters and digits only.
    expect(Object.keys(envelope).every((name) => /^[a-z0-9]+$/.test(name))).toBe(true);
  });

  it.each([
    ['text', 'nonsense'],
    ['null', null],
    ['a list', []],
    ['an empty object', {}],
  ])('is refused when it is %s', (_name, body) => {
    expect(() => parseEvent(body, names)).toThrow(InvalidMessageError);
  });

  it('is refused by a queue that does not expect it', () => {
    const { envelope } = publish('outlay.ledger.expense.recorded.v1');

    expect(() => parseEvent(envelope, ['outlay.ledger.project.created.v1'])).toThrow('does not expect');
  });

  it('may carry attributes nobody knows yet', () => {
    const { envelope } = publish('outlay.ledger.project.created.v1');

    expect(parseEvent({ ...envelope, sequence: '7' }, names).type).toBe('outlay.ledger.project.created.v1');
  });

  it('is the cause of what its handler does', () => {
    const { envelope } = publish('outlay.ledger.project.created.v1');
    const event = parseEvent(envelope, names);

    expect(contextOf(event)).toMatchObject({
      tenantId: event.tenantId,
      requestId: 'request',
      causationId: event.id,
      actor: { kind: 'service' },
    });
  });
});
