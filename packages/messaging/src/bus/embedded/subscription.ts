import {
  type KeptOpen,
  keepOpen,
  type Logger,
  type Opened,
  pause,
  type RunningJobs,
  runJobs,
  within,
} from '@outlay/platform';
import type pg from 'pg';
import type { QueueDefinition } from '../../catalogue.ts';
import { createBatcher, type PendingDelivery } from '../batcher.ts';
import { type DeliveryHandler, type DeliveryOutcome, deliveryLimit, release } from '../bus.ts';
import { settlementOf } from '../settlement.ts';
import { type BusMessage, type JobPayload, type NewJob, type NewParked, write } from './messages.ts';

export interface EmbeddedSubscriptionOptions {
  pool: pg.Pool;
  /** The schema must be there first. */
  installed: KeptOpen<unknown>;
  queue: QueueDefinition;
  prefetch: number;
  batchMax: number;
  handle: DeliveryHandler;
  logger: Logger;
}

interface JobDelivery extends PendingDelivery {
  readonly message: BusMessage;
  readonly settled: () => void;
  readonly failed: (error: unknown) => void;
}

/** From this many deliveries without an outcome on a message is handled alone, as it may be the one that kills its consumers. */
const suspectAfter = 5;
/** Only what was missed by a notification waits for it: a job whose time comes while its scheduler is gone. */
const pollMs = 1_000;
const writeRetryMs = 250;
const stopTimeoutMs = 10_000;
const concurrencyMax = 50;

/** Keeps a pool of workers on one queue. */
export function keepSubscription(options: EmbeddedSubscriptionOptions): KeptOpen<RunningJobs> {
  const { queue, logger, installed } = options;
  return keepOpen({
    name: `embedded consumer of ${queue.name}`,
    logger,
    open: async (untilStopped) => {
      await untilStopped(installed.opened());
      return openSubscription(options);
    },
  });
}

async function openSubscription(options: EmbeddedSubscriptionOptions): Promise<Opened<RunningJobs>> {
  const { pool, queue, prefetch, batchMax, handle, logger } = options;
  const closing = new AbortController();
  const timers = new Set<NodeJS.Timeout>();
  const batcher = createBatcher<JobDelivery>({ batchMax, handle, settle });
  let running: RunningJobs | undefined;

  /** One job, done when each of its messages is settled. */
  async function deliverJob(payload: unknown, { attempt }: { attempt: number }): Promise<void> {
    const { messages } = payload as JobPayload;
    if (closing.signal.aborted) return settleRest(messages.map((message) => ({ message, outcome: release })));
    if (attempt > suspectAfter && messages.length > 1) return split(messages, attempt - 1);
    await Promise.all(messages.map((message) => deliver(message, (message.deliveries ?? 0) + attempt)));
  }

  /** Each message in a job of its own, so that what one of them does to its consumers stays with it. */
  async function split(messages: readonly BusMessage[], deliveriesBefore: number): Promise<void> {
    const deliveries = (message: BusMessage) => (message.deliveries ?? 0) + deliveriesBefore;
    await writeUntilClosing(
      messages.map((message) => ({
        queue: queue.name,
        messages: [{ ...message, deliveries: deliveries(message) }],
        delayMs: 0,
      })),
      [],
    );
  }

  async function deliver(message: BusMessage, deliveries: number): Promise<void> {
    if (deliveries > deliveryLimit) {
      const error = new Error(`Delivered ${deliveryLimit} times without an outcome`);
      return settleRest([{ message, outcome: { kind: 'park', error } }]);
    }
    return new Promise((settled, failed) => {
      const { body, attempt } = message;
      batcher.add({ message, body, attempt, isSuspect: deliveries > suspectAfter, settled, failed });
    });
  }

  async function settle(deliveries: readonly { delivery: JobDelivery; outcome: DeliveryOutcome }[]): Promise<void> {
    try {
      await settleRest(deliveries.map(({ delivery, outcome }) => ({ message: delivery.message, outcome })));
      for (const { delivery } of deliveries) delivery.settled();
    } catch (error) {
      for (const { delivery } of deliveries) delivery.failed(error);
    }
  }

  /** Writes down what is left to do, before the job that held the messages is deleted: dying in between makes two of it, never none. */
  async function settleRest(settled: readonly { message: BusMessage; outcome: DeliveryOutcome }[]): Promise<void> {
    const jobs: NewJob[] = [];
    const parked: NewParked[] = [];
    for (const { message, outcome } of settled) {
      const settlement = settlementOf(queue, message.attempt, outcome);
      if (settlement.kind === 'park') {
        const { error, attempts } = settlement;
        parked.push({ queue: queue.name, body: message.body, error, attempts });
      } else if (settlement.kind === 'again') {
        const { attempt, delayMs } = settlement;
        jobs.push({ queue: queue.name, messages: [{ body: message.body, attempt }], delayMs });
      } else if (settlement.kind === 'release') {
        jobs.push({ queue: queue.name, messages: [message], delayMs: 0 });
      }
    }
    await writeUntilClosing(jobs, parked);
    for (const { delayMs } of jobs) if (delayMs > 0) nudgeAfter(delayMs);
  }

  async function writeUntilClosing(jobs: readonly NewJob[], parked: readonly NewParked[]): Promise<void> {
    for (;;) {
      try {
        await write(pool, jobs, parked);
        return;
      } catch (error) {
        if (closing.signal.aborted) throw error;
        logger.debug({ error, queue: queue.name }, 'could not settle messages, trying again');
        await pause(writeRetryMs);
      }
    }
  }

  /** Nobody notifies when a job's time has come. */
  function nudgeAfter(delayMs: number): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      running?.nudge();
    }, delayMs + 2);
    timer.unref();
    timers.add(timer);
  }

  const jobs = await runJobs({
    pool,
    schema: 'bus',
    tasks: { [queue.name]: deliverJob },
    concurrency: Math.min(prefetch, concurrencyMax),
    takesMany: true,
    pollMs,
    logger,
  });
  running = jobs;

  return {
    resource: jobs,
    closed: jobs.ended,
    async close() {
      for (const timer of timers) clearTimeout(timer);
      closing.abort();
      const stopped = jobs.stop();
      const untouched = await batcher.stop();
      await settle(untouched.map((delivery) => ({ delivery, outcome: release })));
      await within(stopTimeoutMs, stopped);
    },
  };
}
