import { EventEmitter } from 'node:events';
import { type KeptOpen, keepOpen, type Logger, type Opened, pause, within } from '@outlay/platform';
import { type JobHelpers, run, type WorkerPool } from 'graphile-worker';
import type pg from 'pg';
import type { QueueDefinition } from '../../catalogue.ts';
import { createBatcher, type PendingDelivery } from '../batcher.ts';
import { type DeliveryHandler, type DeliveryOutcome, deliveryLimit, release } from '../bus.ts';
import { settlementOf } from '../settlement.ts';
import { type BusMessage, type JobPayload, type NewJob, type NewParked, write } from './messages.ts';
import { takeOwnerLock } from './owner-lock.ts';
import { createWorkerLogger } from './worker-logger.ts';

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

/** A pool of workers at work. In an object, as the pool itself is thenable and would be awaited by accident. */
interface AtWork {
  readonly workers: WorkerPool;
}

/** Keeps a pool of workers on one queue. */
export function keepSubscription(options: EmbeddedSubscriptionOptions): KeptOpen<AtWork> {
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

async function openSubscription(options: EmbeddedSubscriptionOptions): Promise<Opened<AtWork>> {
  const { pool, queue, prefetch, batchMax, handle, logger } = options;
  const lost = Promise.withResolvers<unknown>();
  const closing = new AbortController();
  const timers = new Set<NodeJS.Timeout>();
  const batcher = createBatcher<JobDelivery>({ batchMax, handle, settle });

  /** The task of graphile-worker: one job, done when each of its messages is settled. */
  async function deliverJob(payload: unknown, { job }: Pick<JobHelpers, 'job'>): Promise<void> {
    const { messages } = payload as JobPayload;
    if (closing.signal.aborted) return settleRest(messages.map((message) => ({ message, outcome: release })));
    if (job.attempts > suspectAfter && messages.length > 1) return split(messages, job.attempts - 1);
    await Promise.all(messages.map((message) => deliver(message, (message.deliveries ?? 0) + job.attempts)));
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
      atWork.current?.workers.nudge(1);
    }, delayMs + 2);
    timer.unref();
    timers.add(timer);
  }

  const events = new EventEmitter();
  const atWork: { current: AtWork | undefined } = { current: undefined };
  events.once('pool:create', (event: { workerPool: WorkerPool }) => {
    atWork.current = { workers: event.workerPool };
  });
  events.on('pool:listen:success', ({ client, workerPool }: { client: pg.ClientBase; workerPool: WorkerPool }) => {
    // Once its own `listen` is through, as a client runs one statement at a time.
    client.once('drain', () => takeOwnerLock(client, workerPool.id).catch(lost.resolve));
  });
  // Its own reconnecting gets slower with each attempt, up to a minute.
  events.on('pool:listen:error', (event: { error: unknown }) => lost.resolve(event.error));
  const concurrency = Math.min(prefetch, 50);
  const runner = await run({
    pgPool: pool,
    schema: 'bus',
    taskList: { [queue.name]: deliverJob },
    parsedCronItems: [],
    noHandleSignals: true,
    events,
    logger: createWorkerLogger(logger),
    preset: {
      worker: {
        concurrentJobs: concurrency,
        localQueue: { size: concurrency },
        pollInterval: pollMs,
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
      },
    },
  });
  const ended = runner.promise.then(
    () => new Error('The workers have stopped'),
    (error: unknown) => error,
  );
  if (atWork.current === undefined) throw new Error('graphile-worker made no pool of workers');

  return {
    resource: atWork.current,
    closed: Promise.race([ended, lost.promise]),
    async close() {
      for (const timer of timers) clearTimeout(timer);
      closing.abort();
      const stopped = runner.stop().catch(() => undefined);
      const untouched = await batcher.stop();
      await settle(untouched.map((delivery) => ({ delivery, outcome: release })));
      await within(stopTimeoutMs, Promise.all([stopped, ended]));
    },
  };
}
