import type { Delivery, DeliveryHandler, DeliveryOutcome } from './bus.ts';

/** A delivery as an adapter knows it, until it is settled. */
export interface PendingDelivery extends Delivery {
  /** It came several times without an outcome: it may be the one that kills its consumers, so it is handled alone. */
  readonly isSuspect: boolean;
}

/** Gathers deliveries into calls of a handler. */
export interface Batcher<D extends PendingDelivery> {
  add(delivery: D): void;
  /** Starts no more calls, waits for the one in flight to be settled; answers what was never handed over. */
  stop(): Promise<D[]>;
}

/**
 * Hands what has arrived to `handle`, one call at a time, and its outcomes to `settle`. It waits for nothing but the
 * end of the present tick: while a call runs, the next batch gathers by itself, so that batches grow with the load and
 * a lone event is not delayed.
 */
export function createBatcher<D extends PendingDelivery>(options: {
  batchMax: number;
  handle: DeliveryHandler;
  settle: (settled: readonly { delivery: D; outcome: DeliveryOutcome }[]) => Promise<void>;
}): Batcher<D> {
  const { batchMax, handle, settle } = options;
  let waiting: D[] = [];
  let isStopped = false;
  let running: Promise<void> | undefined;

  function schedule(): void {
    running ??= runAll().finally(() => {
      running = undefined;
      if (waiting.length > 0 && !isStopped) schedule();
    });
  }

  async function runAll(): Promise<void> {
    await endOfTick();
    while (waiting.length > 0 && !isStopped) {
      const deliveries = takeBatch();
      const outcomes = await handleSafely(deliveries);
      await settle(deliveries.map((delivery, index) => ({ delivery, outcome: outcomes[index] ?? missing })));
    }
  }

  function takeBatch(): D[] {
    const suspects = waiting.filter((delivery) => delivery.isSuspect);
    if (suspects.length === 0) return waiting.splice(0, batchMax);
    // Which of them is the killer is not known. Taking them one by one in random order, the harmless ones
    // get past it in the end, however often it strikes.
    const chosen = suspects[Math.floor(Math.random() * suspects.length)] as D;
    waiting = waiting.filter((delivery) => delivery !== chosen);
    return [chosen];
  }

  async function handleSafely(deliveries: readonly D[]): Promise<readonly DeliveryOutcome[]> {
    try {
      return await handle(deliveries);
    } catch (error) {
      return deliveries.map(() => ({ kind: 'retry', error }));
    }
  }

  return {
    add(delivery) {
      waiting.push(delivery);
      if (!isStopped) schedule();
    },
    async stop() {
      isStopped = true;
      await running;
      return waiting.splice(0);
    },
  };
}

const missing: DeliveryOutcome = { kind: 'retry', error: new Error('The handler gave no outcome for this delivery') };

function endOfTick(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
