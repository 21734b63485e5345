import { describe, expect, it } from '@jest/globals';
import { eventually } from '@outlay/testkit';
import { createBatcher, type PendingDelivery } from './batcher.ts';
import { type Delivery, type DeliveryOutcome, done } from './bus.ts';

interface Numbered extends PendingDelivery {
  readonly body: number;
}

const delivery = (body: number, isSuspect = false): Numbered => ({ body, attempt: 1, isSuspect });

function start(batchMax: number, handle?: (deliveries: readonly Delivery[]) => Promise<readonly DeliveryOutcome[]>) {
  const calls: unknown[][] = [];
  const settled: { body: number; outcome: DeliveryOutcome }[] = [];
  const batcher = createBatcher<Numbered>({
    batchMax,
    handle: async (deliveries) => {
      calls.push(deliveries.map((each) => each.body));
      return handle?.(deliveries) ?? deliveries.map(() => done);
    },
    settle: async (each) => {
      settled.push(...each.map(({ delivery, outcome }) => ({ body: delivery.body, outcome })));
    },
  });
  return { batcher, calls, settled };
}

/** Long enough for what must not happen to happen. */
const endOfWork = () => new Promise((resolve) => setTimeout(resolve, 20));

describe('a batcher', () => {
  it('hands over together what arrives in one tick, within the limit', async () => {
    const { batcher, calls } = start(3);

    for (let body = 1; body <= 7; body++) batcher.add(delivery(body));

    await eventually(() => expect(calls).toEqual([[1, 2, 3], [4, 5, 6], [7]]));
  });

  it('gathers the next batch while a call runs, and never runs two', async () => {
    const first = Promise.withResolvers<void>();
    const { batcher, calls } = start(10, async (deliveries) => {
      await first.promise;
      return deliveries.map(() => done);
    });

    batcher.add(delivery(1));
    await eventually(() => expect(calls).toEqual([[1]]));
    batcher.add(delivery(2));
    batcher.add(delivery(3));
    await endOfWork();
    expect(calls).toEqual([[1]]);
    first.resolve();

    await eventually(() => expect(calls).toEqual([[1], [2, 3]]));
  });

  it('handles a suspect alone, so that what it does to its consumer is done to nobody else', async () => {
    const { batcher, calls } = start(10);

    batcher.add(delivery(1));
    batcher.add(delivery(2, true));
    batcher.add(delivery(3, true));
    batcher.add(delivery(4));

    await eventually(() => expect(calls).toHaveLength(3));
    expect(calls.slice(0, 2).flat().sort()).toEqual([2, 3]);
    expect(calls[2]).toEqual([1, 4]);
  });

  it('retries all deliveries of a call that throws', async () => {
    const error = new Error('out of order');
    const { batcher, settled } = start(10, async () => {
      throw error;
    });

    batcher.add(delivery(1));
    batcher.add(delivery(2));

    await eventually(() =>
      expect(settled).toEqual([1, 2].map((body) => ({ body, outcome: { kind: 'retry', error } }))),
    );
  });

  it('retries a delivery for which the handler gave no outcome', async () => {
    const { batcher, settled } = start(10, async () => [done]);

    batcher.add(delivery(1));
    batcher.add(delivery(2));

    await eventually(() => expect(settled.map(({ outcome }) => outcome.kind)).toEqual(['done', 'retry']));
  });

  it('settles the call in flight when it is stopped, and answers what it never handed over', async () => {
    const first = Promise.withResolvers<void>();
    const { batcher, calls, settled } = start(1, async (deliveries) => {
      await first.promise;
      return deliveries.map(() => done);
    });
    for (const body of [1, 2, 3]) batcher.add(delivery(body));
    await eventually(() => expect(calls).toEqual([[1]]));

    const stopping = batcher.stop();
    batcher.add(delivery(4));
    first.resolve();

    expect((await stopping).map((each) => each.body)).toEqual([2, 3, 4]);
    expect(settled).toEqual([{ body: 1, outcome: done }]);
  });
});
