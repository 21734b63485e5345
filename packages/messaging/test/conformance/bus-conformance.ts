import { execFile, fork } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { queues } from '@outlay/contracts';
import { eventually } from '@outlay/testkit';
import type { Bus } from '../../src/bus/bus.ts';
import type { QueueDefinition } from '../../src/catalogue.ts';
import type { Envelope } from '../../src/envelope.ts';
import type { BusDriver } from './drivers/bus-driver.ts';
import { anEvent, aQueue, idOf, recorder } from './drivers/event.ts';

/** What every bus promises, whatever it is made of. */
export function describeBus<D extends BusDriver>(
  name: string,
  startDriver: () => Promise<D>,
  more: (environment: {
    driver: () => D;
    startBus: (queues: readonly QueueDefinition[]) => Promise<Bus>;
  }) => void = () => undefined,
): void {
  describe(name, () => {
    let driver: D;
    const buses: Bus[] = [];

    beforeAll(async () => {
      driver = await startDriver();
    }, 60_000);
    afterEach(async () => {
      await driver.proxy.resume();
      await Promise.all(buses.splice(0).map((bus) => bus.stop()));
      await driver.clear();
    });
    afterAll(() => driver.drop());

    async function startBus(queues: readonly QueueDefinition[]): Promise<Bus> {
      const bus = driver.createBus(queues);
      buses.push(bus);
      await bus.start();
      return bus;
    }

    async function runParkedCommand(args: string[]): Promise<string> {
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [join(import.meta.dirname, '../../src/parked-command.ts'), ...args],
        { env: { ...process.env, ...driver.environment, NODE_OPTIONS: '' } },
      );
      return stdout;
    }

    describe('delivery', () => {
      it('delivers an event once to each queue bound to it and to no other', async () => {
        const type = aQueue().type;
        const first = aQueue({ events: [type] });
        const second = aQueue({ events: [type, 'outlay.test.never.v1'] });
        const other = aQueue();
        const bus = await startBus([first, second, other]);
        const recorders = [recorder(), recorder(), recorder()];
        for (const [index, queue] of [first, second, other].entries()) {
          await bus.subscribe(queue, {}, recorders[index]!.handle);
        }

        const event = anEvent(type, { data: { text: 'ünïcode ✓', big: '9007199254740993' } });
        const outcomes = await bus.publish([event]);
        await bus.publish([anEvent(other.type)]);

        expect(outcomes).toEqual([{ kind: 'taken' }]);
        await eventually(() => expect(recorders.map((one) => one.seen.length)).toEqual([1, 1, 1]));
        expect(recorders[0]!.seen[0]).toMatchObject({ id: event.id, attempt: 1 });
        expect(recorders[1]!.ids()).toEqual([event.id]);
        expect(recorders[2]!.ids()).not.toContain(event.id);
      });

      it('hands over the event exactly as it was published', async () => {
        const queue = aQueue();
        const bus = await startBus([queue]);
        const bodies: unknown[] = [];
        await bus.subscribe(queue, {}, async (deliveries) => {
          bodies.push(...deliveries.map((delivery) => delivery.body));
          return deliveries.map(() => ({ kind: 'done' }));
        });

        const event = anEvent(queue.type, { data: { nested: { list: [1, 'two', null] }, text: 'ünïcode ✓ \\ "' } });
        await bus.publish([event]);

        await eventually(() => expect(bodies).toEqual([event]));
      });

      it('keeps events for a consumer that has never run', async () => {
        const queue = aQueue();
        const publisher = await startBus([queue]);
        const events = [anEvent(queue.type), anEvent(queue.type)];
        await publisher.publish(events);
        await publisher.stop();

        const consumer = await startBus([queue]);
        const { handle, ids } = recorder();
        await consumer.subscribe(queue, {}, handle);

        await eventually(() => expect(ids().sort()).toEqual(events.map((event) => event.id).sort()));
      });

      it('tells how many messages wait in the fullest queue of an event, whoever has put them there', async () => {
        const type = aQueue().type;
        const [first, second, other] = [aQueue({ events: [type] }), aQueue(), aQueue()];
        const fullest = { ...second, events: [type, second.type] };
        const bus = await startBus([first, fullest, other]);
        await bus.publish([
          ...Array.from({ length: 3 }, () => anEvent(type)),
          ...Array.from({ length: 2 }, () => anEvent(second.type)),
          ...Array.from({ length: 9 }, () => anEvent(other.type)),
        ]);
        const asking = await startBus([first, fullest, other]);

        await eventually(async () => expect(await asking.waitingFor([type])).toBe(5));
        expect(await asking.waitingFor(['outlay.test.nobody.v1'])).toBe(0);

        const { handle } = recorder();
        await bus.subscribe(fullest, {}, handle);
        await eventually(async () => expect(await asking.waitingFor([type])).toBe(3));
      });

      it('tells that nothing waits while its server cannot be asked', async () => {
        const queue = aQueue();
        const bus = await startBus([queue]);
        await bus.publish([anEvent(queue.type)]);
        await eventually(async () => expect(await bus.waitingFor([queue.type])).toBe(1));

        driver.proxy.hang();

        expect(await bus.waitingFor([queue.type])).toBe(0);
      });

      it('takes an event that nobody is bound to', async () => {
        const bus = await startBus([aQueue()]);

        expect(await bus.publish([anEvent('outlay.test.nobody.v1')])).toEqual([{ kind: 'taken' }]);
      });

      it('shares a queue between consumers: each event goes to one of them', async () => {
        const queue = aQueue();
        const [one, two] = [await startBus([queue]), await startBus([queue])];
        const recorders = [recorder(), recorder()];
        await one.subscribe(queue, { batchMax: 5 }, recorders[0]!.handle);
        await two.subscribe(queue, { batchMax: 5 }, recorders[1]!.handle);

        const events = Array.from({ length: 300 }, () => anEvent(queue.type));
        for (const event of events) await one.publish([event]);

        const all = () => recorders.flatMap((each) => each.ids());
        await eventually(() => expect(all()).toHaveLength(events.length));
        expect(new Set(all())).toEqual(new Set(events.map((event) => event.id)));
        expect(recorders.every((each) => each.seen.length > 0)).toBe(true);
      });

      it('hands over what has arrived together, within the limit, one call at a time', async () => {
        const queue = aQueue();
        const bus = await startBus([queue]);
        let running = 0;
        let overlapped = false;
        const { handle, calls, seen } = recorder();
        await bus.publish(Array.from({ length: 60 }, () => anEvent(queue.type)));

        await bus.subscribe(queue, { batchMax: 25, prefetch: 100 }, async (deliveries) => {
          overlapped ||= ++running > 1;
          // While the first call lasts, all the others arrive.
          await new Promise((resolve) => setTimeout(resolve, calls.length === 0 ? 500 : 20));
          running--;
          return handle(deliveries);
        });

        await eventually(() => expect(seen).toHaveLength(60));
        expect(overlapped).toBe(false);
        expect(Math.max(...calls)).toBeLessThanOrEqual(25);
        expect(calls.length).toBeLessThan(30);
      });

      it('hands over the versions of an aggregate in their order', async () => {
        const queue = aQueue();
        const bus = await startBus([queue]);
        const { handle, ids } = recorder();
        await bus.subscribe(queue, {}, handle);

        const { subject, tenantid } = anEvent(queue.type);
        const versions = Array.from({ length: 300 }, (_, index) =>
          anEvent(queue.type, { subject, tenantid, aggregateversion: index + 1 }),
        );
        let rest = versions;
        // One call takes no more of them than it has time for.
        await eventually(async () => {
          const outcomes = await bus.publish(rest);
          rest = rest.filter((_version, index) => outcomes[index]?.kind !== 'taken');
          expect(rest).toEqual([]);
        });

        await eventually(() => expect(ids()).toEqual(versions.map((event) => event.id)));
      });
    });

    describe('failure of a handler', () => {
      it('tries a failing event again after its back-off, then parks it with its error', async () => {
        const queue = aQueue({ attempts: 3, backoffMs: [100, 250] });
        const bus = await startBus([queue]);
        const poison = anEvent(queue.type, { data: { poison: true } });
        const { seen, handle } = recorder(() => ({ kind: 'retry', error: new Error('cannot be eaten') }));
        await bus.subscribe(queue, {}, handle);

        await bus.publish([poison]);

        const parked = await eventually(async () => {
          const messages = await bus.parked(queue);
          expect(messages).toHaveLength(1);
          return messages;
        });
        expect(seen.map((one) => one.attempt)).toEqual([1, 2, 3]);
        expect(seen[1]!.at - seen[0]!.at).toBeGreaterThanOrEqual(90);
        expect(seen[2]!.at - seen[1]!.at).toBeGreaterThanOrEqual(240);
        expect(parked[0]).toMatchObject({ body: poison, attempts: 3 });
        expect(parked[0]!.error).toContain('cannot be eaten');
        expect(Math.abs(parked[0]!.parkedAt!.getTime() - Date.now())).toBeLessThan(60_000);
      });

      it('lets healthy events through past a poisonous one in the same batch', async () => {
        const queue = aQueue({ attempts: 2 });
        const bus = await startBus([queue]);
        const events = Array.from({ length: 40 }, (_, index) =>
          anEvent(queue.type, { data: { poison: index % 10 === 3 } }),
        );
        const isPoison = (event: unknown) => (event as Envelope & { data: { poison: boolean } }).data.poison;
        const handled: string[] = [];
        await bus.subscribe(queue, {}, async (deliveries) =>
          deliveries.map((delivery) => {
            if (isPoison(delivery.body)) return { kind: 'retry', error: new Error('poison') };
            handled.push(idOf(delivery));
            return { kind: 'done' };
          }),
        );

        await bus.publish(events);

        const healthy = events.filter((event) => !isPoison(event)).map((event) => event.id);
        await eventually(() => expect([...handled].sort()).toEqual(healthy.sort()));
        await eventually(async () => expect(await bus.parked(queue)).toHaveLength(4));
        expect((await bus.parked(queue)).every((message) => isPoison(message.body))).toBe(true);
        expect(handled).toHaveLength(36);
      });

      it('parks at once what the handler will never accept', async () => {
        const queue = aQueue({ attempts: 10 });
        const bus = await startBus([queue]);
        const { seen, handle } = recorder(() => ({ kind: 'park', error: new Error('not an event') }));
        await bus.subscribe(queue, {}, handle);

        await bus.publish([anEvent(queue.type)]);

        await eventually(async () => expect(await bus.parked(queue)).toHaveLength(1));
        expect(seen).toHaveLength(1);
      });

      it('retries all events of a call that throws', async () => {
        const queue = aQueue();
        const bus = await startBus([queue]);
        const { seen, handle } = recorder();
        let calls = 0;
        await bus.subscribe(queue, {}, async (deliveries) => {
          if (++calls === 1) throw new Error('out of order');
          return handle(deliveries);
        });

        const events = [anEvent(queue.type), anEvent(queue.type)];
        await bus.publish(events);

        await eventually(() => expect(new Set(seen.map((one) => one.id)).size).toBe(2));
        expect(seen.some((one) => one.attempt === 2)).toBe(true);
        expect(await bus.parked(queue)).toEqual([]);
      });

      it('replays what is parked, with all attempts before it', async () => {
        const queue = aQueue({ attempts: 1 });
        const bus = await startBus([queue]);
        let isBroken = true;
        const { seen, handle } = recorder(() => (isBroken ? { kind: 'retry', error: 'broken' } : { kind: 'done' }));
        await bus.subscribe(queue, {}, handle);
        const events = Array.from({ length: 7 }, () => anEvent(queue.type));
        await bus.publish(events);
        await eventually(async () => expect(await bus.parked(queue)).toHaveLength(7));

        isBroken = false;
        seen.length = 0;
        const replayed = await bus.replayParked(queue);

        expect(replayed).toBe(7);
        await eventually(() =>
          expect(seen.map((one) => one.id).sort()).toEqual(events.map((event) => event.id).sort()),
        );
        expect(seen.every((one) => one.attempt === 1)).toBe(true);
        expect(await bus.parked(queue)).toEqual([]);
        expect(await bus.replayParked(queue)).toBe(0);
      });
    });

    it('has a command that lists and replays what is parked', async () => {
      const queue = queues['notifications.mail'];
      const bus = await startBus([queue]);
      let isBroken = true;
      const { handle, seen } = recorder(() => (isBroken ? { kind: 'park', error: 'broken' } : { kind: 'done' }));
      await bus.subscribe(queue, {}, handle);
      const event = anEvent('outlay.tenancy.tenant.registered.v1');
      await bus.publish([event]);
      await eventually(async () => expect(await bus.parked(queue)).toHaveLength(1));
      isBroken = false;

      const listed = await runParkedCommand(['list', queue.name]);
      const replayed = await runParkedCommand(['replay', queue.name]);

      expect(JSON.parse(listed)).toMatchObject({ body: event, error: 'broken', attempts: 1 });
      expect(JSON.parse(replayed)).toEqual({ queue: queue.name, replayed: 1 });
      await eventually(() => expect(seen.map((one) => one.id)).toEqual([event.id, event.id]));
      await expect(runParkedCommand(['replay', 'no.such.queue'])).rejects.toMatchObject({ code: 2 });
    });

    describe('loss of connections and processes', () => {
      it('goes on consuming and publishing when all connections are killed under load', async () => {
        const queue = aQueue();
        const bus = await startBus([queue]);
        const { handle, ids } = recorder();
        await bus.subscribe(queue, {}, handle);
        const events = Array.from({ length: 400 }, () => anEvent(queue.type));

        const publishing = publishUntilTaken(bus, events, 4);
        for (let kill = 0; kill < 3; kill++) {
          await eventually(() => expect(ids().length).toBeGreaterThan(kill * 60));
          await driver.killConnections();
        }
        await publishing;

        await eventually(() => expect(new Set(ids())).toEqual(new Set(events.map((event) => event.id))), {
          timeoutMs: 30_000,
        });
      }, 120_000);

      it('consumes again after a reset', async () => {
        const queue = aQueue();
        const bus = await startBus([queue]);
        const { handle, ids } = recorder();
        await bus.subscribe(queue, {}, handle);
        await bus.publish([anEvent(queue.type)]);
        await eventually(() => expect(ids()).toHaveLength(1));

        driver.proxy.cut();
        const event = anEvent(queue.type);
        await publishUntilTaken(bus, [event]);

        await eventually(() => expect(ids()).toContain(event.id));
        await bus.check();
      });

      it('delivers again what a consumer had in hand when it was killed, without counting an attempt', async () => {
        const queue = aQueue({ attempts: 2 });
        const bus = await startBus([queue]);
        const victim = fork(new URL('./fixtures/consumer-process.ts', import.meta.url), [JSON.stringify(queue)], {
          env: { ...process.env, ...driver.environment, NODE_OPTIONS: '' },
          execArgv: [],
        });
        await new Promise((resolve) => victim.once('message', resolve));
        const events = [anEvent(queue.type), anEvent(queue.type)];
        const inHand = new Promise((resolve) => victim.once('message', resolve));
        await bus.publish(events);
        await inHand;

        victim.kill('SIGKILL');
        const { handle, seen } = recorder();
        await bus.subscribe(queue, {}, handle);

        await eventually(() =>
          expect(new Set(seen.map((one) => one.id))).toEqual(new Set(events.map((event) => event.id))),
        );
        expect(seen.every((one) => one.attempt === 1)).toBe(true);
      });

      it('fails to publish at once while the server is away, says so, and works when it is back', async () => {
        const queue = aQueue();
        const bus = await startBus([queue]);
        const { handle, ids } = recorder();
        await bus.subscribe(queue, {}, handle);
        await bus.check();

        await driver.proxy.refuse();
        await eventually(() => expect(bus.check()).rejects.toMatchObject({ kind: 'unavailable' }));
        const refused = await bus.publish([anEvent(queue.type)]);

        // And not that an answer was waited for.
        expect(refused[0]).toMatchObject({ kind: 'failed', reason: expect.not.stringMatching(/in time|timeout/) });

        await driver.proxy.resume();
        const event = anEvent(queue.type);
        await publishUntilTaken(bus, [event]);
        await eventually(() => expect(ids()).toContain(event.id));
        await eventually(() => bus.check());
      });

      it('gives up a publish while the server hangs, and recovers when it does', async () => {
        const queue = aQueue();
        const bus = await startBus([queue]);
        const { handle, ids } = recorder();
        await bus.subscribe(queue, {}, handle);

        driver.proxy.hang();
        const [outcome] = await bus.publish([anEvent(queue.type)]);

        expect(outcome).toMatchObject({ kind: 'failed' });

        await driver.proxy.resume();
        const event = anEvent(queue.type);
        await publishUntilTaken(bus, [event]);
        await eventually(() => expect(ids()).toContain(event.id), { timeoutMs: 30_000 });
      }, 120_000);

      it('starts while the server is away and begins when it comes', async () => {
        const queue = aQueue();
        await driver.proxy.refuse();
        const bus = driver.createBus([queue]);
        buses.push(bus);
        const { handle, ids } = recorder();
        const starting = bus.start().then(() => bus.subscribe(queue, {}, handle));
        expect((await bus.publish([anEvent(queue.type)]))[0]).toMatchObject({ kind: 'failed' });

        await driver.proxy.resume();
        await starting;
        const event = anEvent(queue.type);
        await publishUntilTaken(bus, [event]);

        await eventually(() => expect(ids()).toContain(event.id));
      });
    });

    describe('stopping', () => {
      it('waits for the work in flight and leaves the rest to others', async () => {
        const queue = aQueue();
        const bus = await startBus([queue]);
        const finished: string[] = [];
        const begun = Promise.withResolvers<void>();
        const mayFinish = Promise.withResolvers<void>();
        const subscription = await bus.subscribe(queue, { batchMax: 1 }, async (deliveries) => {
          begun.resolve();
          await mayFinish.promise;
          finished.push(...deliveries.map(idOf));
          return deliveries.map(() => ({ kind: 'done' }));
        });
        const events = Array.from({ length: 5 }, () => anEvent(queue.type));
        await bus.publish(events);
        await begun.promise;

        const stopping = subscription.stop();
        setTimeout(mayFinish.resolve, 300);
        await stopping;
        const finishedAtStop = [...finished];
        const { handle, seen } = recorder();
        await bus.subscribe(queue, {}, handle);

        expect(finishedAtStop).toHaveLength(1);
        await eventually(() => expect(seen).toHaveLength(4));
        expect(new Set([...finishedAtStop, ...seen.map((one) => one.id)])).toEqual(
          new Set(events.map((event) => event.id)),
        );
        expect(seen.every((one) => one.attempt === 1)).toBe(true);
      });

      it('gives released events back untouched', async () => {
        const queue = aQueue();
        const bus = await startBus([queue]);
        let calls = 0;
        const { handle, seen } = recorder();
        await bus.subscribe(queue, {}, async (deliveries) =>
          ++calls === 1 ? deliveries.map(() => ({ kind: 'release' })) : handle(deliveries),
        );

        await bus.publish([anEvent(queue.type)]);

        await eventually(() => expect(seen.map((one) => one.attempt)).toEqual([1]));
      });

      it('stops while the server is away', async () => {
        const queue = aQueue();
        const bus = await startBus([queue]);
        await bus.subscribe(queue, {}, recorder().handle);
        await driver.proxy.refuse();

        // The server stays away: whoever waited for it would wait for good.
        await bus.stop();
      });
    });

    more({ driver: () => driver, startBus });
  });
}

/** Publishes as a relay does: what is refused is published again. */
export async function publishUntilTaken(bus: Bus, events: readonly Envelope[], pauseMs = 0): Promise<void> {
  for (const event of events) {
    await eventually(async () => expect(await bus.publish([event])).toEqual([{ kind: 'taken' }]), {
      timeoutMs: 30_000,
    });
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
