import { type KeptOpen, keepOpen, type Logger, type Opened, type RunningJobs, runJobs, within } from '@outlay/platform';
import type pg from 'pg';
import type { QueueDefinition } from '../../catalogue.ts';
import { createBatcher, type PendingDelivery } from '../batcher.ts';
import { type DeliveryHandler, type DeliveryOutcome, deliveryLimit, release } from '../bus.ts';
import type { BusMessage, JobPayload } from './messages.ts';
import { createSettling, type Settling } from './settle-messages.ts';

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
  const running: { jobs?: RunningJobs } = {};
  const settling = createSettling({ pool, queue, logger, nudge: () => running.jobs?.nudge() });
  const batcher = createBatcher<JobDelivery>({ batchMax, handle, settle: (settled) => settleAll(settling, settled) });
  let isClosing = false;

  /** One job, done when each of its messages is settled. `attempt` counts how often it was begun. */
  async function deliverJob(payload: unknown, { attempt }: { attempt: number }): Promise<void> {
    const { messages } = payload as JobPayload;
    if (isClosing) return settling.settle(messages.map((message) => ({ message, outcome: release })));
    if (attempt > suspectAfter && messages.length > 1) {
      return settling.split(
        messages.map((message) => ({ ...message, deliveries: deliveriesOf(message) + attempt - 1 })),
      );
    }
    await Promise.all(messages.map((message) => deliver(message, deliveriesOf(message) + attempt)));
  }

  async function deliver(message: BusMessage, deliveries: number): Promise<void> {
    if (deliveries > deliveryLimit) return settling.settle([{ message, outcome: deliveredTooOften }]);
    return new Promise((settled, failed) => {
      const { body, attempt } = message;
      batcher.add({ message, body, attempt, isSuspect: deliveries > suspectAfter, settled, failed });
    });
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
  running.jobs = jobs;

  return {
    resource: jobs,
    closed: jobs.ended,
    async close() {
      isClosing = true;
      settling.close();
      const stopped = jobs.stop();
      const untouched = await batcher.stop();
      await settleAll(
        settling,
        untouched.map((delivery) => ({ delivery, outcome: release })),
      );
      await within(stopTimeoutMs, stopped);
    },
  };
}

/** Settles deliveries and lets their jobs end. Never rejects: where it fails, the jobs fail and come again. */
async function settleAll(
  settling: Settling,
  settled: readonly { delivery: JobDelivery; outcome: DeliveryOutcome }[],
): Promise<void> {
  try {
    await settling.settle(settled.map(({ delivery, outcome }) => ({ message: delivery.message, outcome })));
    for (const { delivery } of settled) delivery.settled();
  } catch (error) {
    for (const { delivery } of settled) delivery.failed(error);
  }
}

function deliveriesOf(message: BusMessage): number {
  return message.deliveries ?? 0;
}

const deliveredTooOften: DeliveryOutcome = {
  kind: 'park',
  error: new Error(`Delivered ${deliveryLimit} times without an outcome`),
};
