import { expect, it } from '@jest/globals';
import { eventually } from '@outlay/testkit';
import { declareTopology, eventsExchange } from '../../src/bus/rabbitmq/topology.ts';
import { describeBus, publishUntilTaken } from './bus-conformance.ts';
import { anEvent, aQueue, recorder } from './drivers/event.ts';
import { startRabbitmqDriver } from './drivers/rabbitmq-driver.ts';

describeBus('the bus on RabbitMQ', startRabbitmqDriver, ({ driver, startBus }) => {
  it('consumes again when its queue was deleted', async () => {
    const queue = aQueue();
    const bus = await startBus([queue]);
    const { handle, ids } = recorder();
    await bus.subscribe(queue, {}, handle);

    await driver().channel.deleteQueue(queue.name);
    const event = anEvent(queue.type);
    await publishUntilTaken(bus, [event]);

    await eventually(() => expect(ids()).toContain(event.id));
  });

  it('consumes again when its queue was deleted and made again before the broker could tell it', async () => {
    const queue = aQueue();
    const bus = await startBus([queue]);
    const { handle, ids } = recorder();
    await bus.subscribe(queue, {}, handle);

    await driver().channel.deleteQueue(queue.name);
    await declareTopology(driver().channel, [queue]);
    const event = anEvent(queue.type);
    await publishUntilTaken(bus, [event]);

    await eventually(() => expect(ids()).toContain(event.id));
  });

  it('parks what was delivered a hundred times without an outcome', async () => {
    const queue = aQueue();
    const bus = await startBus([queue]);
    let calls = 0;
    await bus.subscribe(queue, {}, async (deliveries) => {
      calls++;
      return deliveries.map(() => ({ kind: 'release' }));
    });

    await bus.publish([anEvent(queue.type)]);

    await eventually(async () => expect(await bus.parked(queue)).toHaveLength(1));
    expect(calls).toBeGreaterThanOrEqual(100);
    expect((await bus.parked(queue))[0]).toMatchObject({
      error: 'delivered 100 times without an outcome',
      attempts: 1,
    });
  });

  it('counts an event as failed that should have reached a queue and did not, and makes the queue again', async () => {
    const queue = aQueue();
    const publisher = await startBus([queue]);
    await driver().channel.deleteQueue(queue.name);

    const [outcome] = await publisher.publish([anEvent(queue.type)]);
    const event = anEvent(queue.type);
    await publishUntilTaken(publisher, [event]);
    const { handle, ids } = recorder();
    await publisher.subscribe(queue, {}, handle);

    expect(outcome).toMatchObject({ kind: 'failed', reason: 'no queue is bound to it' });
    await eventually(() => expect(ids()).toEqual([event.id]));
  });

  it('publishes and consumes again when its channels were closed because the exchange was deleted', async () => {
    const queue = aQueue();
    const bus = await startBus([queue]);
    const { handle, ids } = recorder();
    await bus.subscribe(queue, {}, handle);
    await driver().channel.deleteExchange(eventsExchange);

    const [outcome] = await bus.publish([anEvent(queue.type)]);
    const event = anEvent(queue.type);
    await publishUntilTaken(bus, [event]);

    expect(outcome).toMatchObject({ kind: 'failed' });
    await eventually(() => expect(ids()).toContain(event.id));
  });

  it('consumes again when the broker closes its channel', async () => {
    const queue = aQueue();
    const bus = await startBus([queue]);
    const { handle, ids } = recorder();
    await bus.subscribe(queue, {}, handle);

    driver().proxy.inject(ackOfNothing);
    const event = anEvent(queue.type);
    await publishUntilTaken(bus, [event]);

    await eventually(() => expect(ids()).toContain(event.id));
    await eventually(() => bus.check());
  });

  it('keeps the retry of an event when the retry queue was deleted', async () => {
    const queue = aQueue({ attempts: 3, backoffMs: [50] });
    const bus = await startBus([queue]);
    const { handle, seen } = recorder((delivery) =>
      delivery.attempt === 1 ? { kind: 'retry', error: 'not yet' } : { kind: 'done' },
    );
    await bus.subscribe(queue, {}, handle);
    await driver().channel.deleteQueue('outlay.retry.50');

    await bus.publish([anEvent(queue.type)]);

    await eventually(() => expect(seen.map((one) => one.attempt)).toEqual([1, 2]));
  });

  it('hands over what is no JSON as text', async () => {
    const queue = aQueue();
    const bus = await startBus([queue]);
    const bodies: unknown[] = [];
    await bus.subscribe(queue, {}, async (deliveries) => {
      bodies.push(...deliveries.map((delivery) => delivery.body));
      return deliveries.map(() => ({ kind: 'park', error: new Error('not an event') }));
    });

    driver().channel.sendToQueue(queue.name, Buffer.from('{"half":'));

    await eventually(() => expect(bodies).toEqual(['{"half":']));
    await eventually(async () => expect(await bus.parked(queue)).toMatchObject([{ body: '{"half":' }]));
  });

  it('looks at parked events without using up their deliveries', async () => {
    const queue = aQueue({ attempts: 1 });
    const bus = await startBus([queue]);
    const subscription = await bus.subscribe(queue, {}, recorder(() => ({ kind: 'retry', error: 'no' })).handle);
    await bus.publish([anEvent(queue.type)]);
    await eventually(async () => expect(await bus.parked(queue)).toHaveLength(1));
    await subscription.stop();

    for (let look = 0; look < 25; look++) await bus.parked(queue);

    expect(await bus.parked(queue)).toHaveLength(1);
  });
});

/** The frame of a basic.ack on channel 1 for a delivery that never was, which the broker answers by closing the channel. */
const ackOfNothing = Buffer.from([1, 0, 1, 0, 0, 0, 13, 0, 60, 0, 80, 0, 0, 0, 0, 0, 0, 0x27, 0x0f, 0, 0xce]);
