import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createDatabase, createSilentLogger, type Session, unavailable } from '@outlay/platform';
import { createTestVhost, eventually, newTenant, type TestVhost } from '@outlay/testkit';
import type { Bus } from '../../src/bus/bus.ts';
import { createBus } from '../../src/bus/create-bus.ts';
import {
  type Consumer,
  type ConsumerOptions,
  createConsumer,
  type EventHandlers,
} from '../../src/consumer/consumer.ts';
import { contextOf, type ReceivedEvent } from '../../src/consumer/received-event.ts';
import type { Envelope } from '../../src/envelope.ts';
import { enqueueEvents } from '../../src/outbox/enqueue-events.ts';
import { startFaultProxy } from '../conformance/drivers/fault-proxy.ts';
import { type DatabaseFixture, logger, startDatabase } from './database-fixture.ts';
import { countEffect, createEffects, effectsOf } from './effects.ts';
import { categoryCreated, envelopeOf } from './events.ts';

const type = 'outlay.ledger.category.created.v1';

describe('a consumer', () => {
  let fixture: DatabaseFixture;
  let vhost: TestVhost;
  const running: { stop(): Promise<void> }[] = [];

  beforeAll(async () => {
    fixture = await startDatabase();
    await createEffects(fixture);
    vhost = await createTestVhost();
  }, 120_000);
  afterEach(async () => {
    for (const each of running.splice(0).reverse()) await each.stop();
  });
  afterAll(async () => {
    await fixture.close();
    await vhost.drop();
  });

  /** A consumer at work on a queue of its own, and the bus that feeds it. */
  async function startConsumer(
    handlers: EventHandlers<typeof type>,
    options: Partial<ConsumerOptions<typeof type>> = {},
  ): Promise<{ bus: Bus; consumer: Consumer; queue: ConsumerOptions<typeof type>['queue'] }> {
    const queue = { name: `test.${randomUUID().slice(0, 8)}`, events: [type] as const, attempts: 2, backoffMs: [50] };
    const bus = createBus({ amqpUrl: vhost.amqpUrl, queues: [queue], logger });
    running.push(bus);
    await bus.start();
    const database = options.database ?? fixture.connectAs('reporting', 5);
    const consumer = createConsumer({ database, bus, queue, handlers, logger, ...options });
    running.push(consumer);
    await consumer.start();
    return { bus, consumer, queue };
  }

  it('handles an event in one transaction with its inbox row, however often it is delivered', async () => {
    const { bus, queue } = await startConsumer({ [type]: countEffect });
    const { tenantId } = newTenant();
    const event = envelopeOf(categoryCreated(tenantId));
    const last = envelopeOf(categoryCreated(tenantId));

    await bus.publish([event]);
    await eventually(async () => expect(await effectsOf(fixture, tenantId)).toEqual({ [event.id]: 1 }));
    await bus.publish([event, event, last]);
    await bus.publish([event]);

    await eventually(async () => expect(Object.keys(await effectsOf(fixture, tenantId))).toContain(last.id));
    expect(await effectsOf(fixture, tenantId)).toEqual({ [event.id]: 1, [last.id]: 1 });
    const inbox = await fixture.admin('select event_id from reporting.inbox where tenant_id = $1', [tenantId]);
    expect(inbox).toHaveLength(2);
    expect(await bus.parked(queue)).toEqual([]);
  });

  it('gives the handler the event with typed data, its tenant and where it came from', async () => {
    const received: ReceivedEvent[] = [];
    const { bus } = await startConsumer({
      [type]: async (_session, event) => {
        received.push(event);
      },
    });
    const { tenantId } = newTenant();
    const event = envelopeOf(categoryCreated(tenantId, undefined, 7, 'Travel'), 'request-1');

    await bus.publish([event]);

    await eventually(() => expect(received).toHaveLength(1));
    expect(received[0]).toMatchObject({
      id: event.id,
      type,
      tenantId,
      subject: event.subject,
      aggregateVersion: 7,
      time: new Date(event.time),
      requestId: 'request-1',
      causationId: undefined,
      data: { category: { name: 'Travel' } },
    });
  });

  it('names the event as the cause of those its handler enqueues', async () => {
    const { bus } = await startConsumer(
      {
        [type]: (session, event) =>
          enqueueEvents(session, contextOf(event), [categoryCreated(event.tenantId, undefined, 1, 'caused')]),
      },
      { database: fixture.connectAs('ledger', 3) },
    );
    const { tenantId } = newTenant();
    const cause = envelopeOf(categoryCreated(tenantId), 'request-2');

    await bus.publish([cause]);

    const [row] = await eventually(async () => {
      const rows = await fixture.admin<{ envelope: Envelope }>(
        'select envelope from ledger.outbox where tenant_id = $1',
        [tenantId],
      );
      expect(rows).toHaveLength(1);
      return rows;
    });
    expect(row?.envelope).toMatchObject({ causationid: cause.id, correlationid: 'request-2' });
  });

  it('parks at once what is no event, and handles the healthy ones beside it', async () => {
    const { bus, queue } = await startConsumer({ [type]: countEffect });
    const { tenantId } = newTenant();
    const healthy = envelopeOf(categoryCreated(tenantId));
    const template = envelopeOf(categoryCreated(tenantId));
    const invalid = [
      { ...template, id: 'no-uuid' },
      { ...template, id: randomUUID(), tenantid: "'; drop table inbox" },
      { ...template, id: randomUUID(), specversion: '0.3' },
      { ...template, id: randomUUID(), time: 'yesterday' },
      { ...template, id: randomUUID(), data: 'text' },
      { ...template, id: randomUUID(), data: [] },
      { ...template, id: randomUUID(), aggregateversion: 1.5 },
    ] as unknown as Envelope[];

    await bus.publish([...invalid.slice(0, 4), healthy, ...invalid.slice(4)].map((each) => ({ ...each, type })));

    await eventually(async () => expect(await bus.parked(queue)).toHaveLength(invalid.length));
    await eventually(async () => expect(await effectsOf(fixture, tenantId)).toEqual({ [healthy.id]: 1 }));
    const parked = await bus.parked(queue);
    expect(parked.every((message) => message.attempts === 1)).toBe(true);
    expect(parked.map((message) => message.error)).toEqual(
      expect.arrayContaining([
        expect.stringContaining('InvalidMessageError: Not an event: id'),
        expect.stringContaining('Not an event: tenantid'),
        expect.stringContaining('is not an object'),
      ]),
    );
  });

  it('parks an event that fails each time with its error, and neither its neighbours nor other tenants suffer', async () => {
    const failing = async (session: Session, event: ReceivedEvent<typeof type>) => {
      await countEffect(session, event);
      if (event.data.category?.name === 'poison') throw new Error('cannot book this');
    };
    const { bus, queue } = await startConsumer({ [type]: failing });
    const [one, other] = [newTenant(), newTenant()];
    const events = Array.from({ length: 12 }, (_, index) =>
      envelopeOf(categoryCreated(one.tenantId, undefined, 1, index % 5 === 2 ? 'poison' : 'fine')),
    );
    const elsewhere = envelopeOf(categoryCreated(other.tenantId));

    await bus.publish([...events, elsewhere]);

    const isPoison = (_: unknown, index: number) => index % 5 === 2;
    const fine = events.filter((event, index) => !isPoison(event, index));
    await eventually(async () => expect(await bus.parked(queue)).toHaveLength(2));
    expect(await effectsOf(fixture, one.tenantId)).toEqual(Object.fromEntries(fine.map((event) => [event.id, 1])));
    expect(await effectsOf(fixture, other.tenantId)).toEqual({ [elsewhere.id]: 1 });
    for (const message of await bus.parked(queue)) {
      expect(message).toMatchObject({ attempts: 2, error: expect.stringContaining('cannot book this') });
    }
  });

  it('handles an event that was parked once it is replayed', async () => {
    let isBroken = true;
    const { bus, queue } = await startConsumer({
      [type]: async (session, event) => {
        if (isBroken) throw new Error('a bug');
        await countEffect(session, event);
      },
    });
    const { tenantId } = newTenant();
    const event = envelopeOf(categoryCreated(tenantId));
    await bus.publish([event]);
    await eventually(async () => expect(await bus.parked(queue)).toHaveLength(1));

    isBroken = false;
    await bus.replayParked(queue);

    await eventually(async () => expect(await effectsOf(fixture, tenantId)).toEqual({ [event.id]: 1 }));
  });

  it('hands over many events of one tenant at once to a batch handler', async () => {
    const batches: { tenants: Set<string>; size: number }[] = [];
    const { bus } = await startConsumer({
      batch: async (session, events) => {
        batches.push({ tenants: new Set(events.map((event) => event.tenantId)), size: events.length });
        for (const event of events) await countEffect(session, event);
      },
    });
    const tenants = [newTenant(), newTenant()];
    const events = Array.from({ length: 120 }, (_, index) => envelopeOf(categoryCreated(tenants[index % 2]!.tenantId)));

    await bus.publish(events);

    await eventually(async () => {
      for (const { tenantId } of tenants) expect(Object.keys(await effectsOf(fixture, tenantId))).toHaveLength(60);
    });
    expect(batches.every((batch) => batch.tenants.size === 1)).toBe(true);
    expect(Math.max(...batches.map((batch) => batch.size))).toBeGreaterThan(5);
  });

  it('lets events wait while the database is away, and counts no attempt', async () => {
    const proxy = await startFaultProxy(fixture.server.urlFor('reporting'));
    const url = proxy.url(fixture.server.urlFor('reporting'));
    const database = createDatabase({ url, applicationName: 'behind a proxy', acquireTimeoutMs: 500, logger });
    let waits = 0;
    const counting = Object.assign(createSilentLogger(), { warn: () => waits++ });
    const { bus, queue } = await startConsumer({ [type]: countEffect }, { database, logger: counting });
    const { tenantId } = newTenant();
    const events = Array.from({ length: 20 }, () => envelopeOf(categoryCreated(tenantId)));

    await proxy.refuse();
    await bus.publish(events);
    await eventually(() => expect(waits).toBeGreaterThan(2 * queue.attempts));
    expect(await effectsOf(fixture, tenantId)).toEqual({});
    await proxy.resume();

    await eventually(async () => expect(Object.keys(await effectsOf(fixture, tenantId))).toHaveLength(events.length));
    expect(await bus.parked(queue)).toEqual([]);
    for (const each of running.splice(0).reverse()) await each.stop();
    await database.close();
    await proxy.close();
  });

  it('lets the events of a tenant wait that cannot be handled now, counts no attempt, and goes on with the others', async () => {
    const tries = new Map<string, number>();
    let isBusy = true;
    const [busy, other] = [newTenant(), newTenant()];
    const { bus, queue } = await startConsumer({
      batch: async (session, events) => {
        if (events[0]?.tenantId === busy.tenantId) {
          for (const { id } of events) tries.set(id, (tries.get(id) ?? 0) + 1);
          if (isBusy) throw unavailable('rebuild_under_way', 'Not now');
        }
        for (const event of events) await countEffect(session, event);
      },
    });
    const waiting = Array.from({ length: 10 }, () => envelopeOf(categoryCreated(busy.tenantId)));
    const elsewhere = envelopeOf(categoryCreated(other.tenantId));

    await bus.publish(waiting);
    // An attempt that counts is two tries at most: with the others, and alone.
    await eventually(() => {
      for (const { id } of waiting) expect(tries.get(id)).toBeGreaterThan(2 * queue.attempts);
    });
    await bus.publish([elsewhere]);
    await eventually(async () => expect(await effectsOf(fixture, other.tenantId)).toEqual({ [elsewhere.id]: 1 }));
    isBusy = false;

    await eventually(async () =>
      expect(await effectsOf(fixture, busy.tenantId)).toEqual(
        Object.fromEntries(waiting.map((event) => [event.id, 1])),
      ),
    );
    expect(await bus.parked(queue)).toEqual([]);
  });

  it('stops while the database is away and leaves the events to others', async () => {
    const proxy = await startFaultProxy(fixture.server.urlFor('reporting'));
    const url = proxy.url(fixture.server.urlFor('reporting'));
    const database = createDatabase({ url, applicationName: 'behind a proxy', acquireTimeoutMs: 500, logger });
    const { bus, consumer, queue } = await startConsumer({ [type]: countEffect }, { database });
    const { tenantId } = newTenant();
    const event = envelopeOf(categoryCreated(tenantId));
    await proxy.refuse();
    await bus.publish([event]);

    // The database stays away: whoever waited for it would wait for good.
    await consumer.stop();
    const successor = createConsumer({
      database: fixture.ledger,
      bus,
      queue,
      handlers: { [type]: async () => undefined },
      logger,
    });
    running.push(successor);
    await successor.start();

    await eventually(async () =>
      expect(await fixture.admin('select from ledger.inbox where event_id = $1', [event.id])).toHaveLength(1),
    );
    await database.close();
    await proxy.close();
  });

  it('stops after the event in hand', async () => {
    const begun = Promise.withResolvers<void>();
    const { bus, consumer } = await startConsumer({
      [type]: async (session, event) => {
        begun.resolve();
        await new Promise((resolve) => setTimeout(resolve, 200));
        await countEffect(session, event);
      },
    });
    const { tenantId } = newTenant();
    const event = envelopeOf(categoryCreated(tenantId));
    await bus.publish([event]);
    await begun.promise;

    await consumer.stop();

    expect(await effectsOf(fixture, tenantId)).toEqual({ [event.id]: 1 });
  });
});
