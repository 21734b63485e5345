import {
  createJobPool,
  freeOrphansRegularly,
  installJobSchema,
  keepOpen,
  type Logger,
  unavailable,
  within,
} from '@outlay/platform';
import { type QueueDefinition, queuesFor, queuesForAny } from '../../catalogue.ts';
import type { Envelope } from '../../envelope.ts';
import { answeredWithin } from '../answered-within.ts';
import { type Bus, countTimeoutMs, failed, type PublishOutcome, publishTimeoutMs, taken } from '../bus.ts';
import { countWaiting } from './count-waiting.ts';
import { type NewJob, toJobs, write } from './messages.ts';
import { listParked, replayParked } from './parked.ts';
import { keepSubscription } from './subscription.ts';

/** Beside one for each subscription, which listens with it. Statements are short, and each works for many messages. */
const poolMax = 4;
const orphansEveryMs = 1_000;

const parkedMessages = `
  create table if not exists bus.parked_messages (
    id bigint generated always as identity,
    queue text not null,
    body json not null,
    error text not null,
    attempts int not null,
    parked_at timestamptz not null default clock_timestamp(),
    primary key (queue, id)
  )`;

/**
 * The bus on PostgreSQL, for installations without RabbitMQ. Each queue is a task of graphile-worker in the schema `bus`;
 * publishing adds a job to every bound queue in one statement, whose notification wakes the workers. Attempts, back-off and
 * parking are ours, so that both buses behave alike.
 */
export function createEmbeddedBus(options: {
  databaseUrl: string;
  queues: readonly QueueDefinition[];
  logger: Logger;
}): Bus {
  const { databaseUrl, queues, logger } = options;
  const { pool, close } = createJobPool({
    databaseUrl,
    applicationName: 'outlay-bus',
    max: poolMax,
    statementTimeoutMs: publishTimeoutMs,
    logger,
  });
  const installed = keepOpen({ name: 'embedded bus schema', logger, open: openSchema });
  const subscriptions = new Set<ReturnType<typeof keepSubscription>>();

  /** Installed once; after that there is nothing that could be lost. */
  async function openSchema() {
    await installJobSchema(pool, { schema: 'bus', alongside: parkedMessages, logger });
    const orphans = freeOrphansRegularly(pool, { schema: 'bus', everyMs: orphansEveryMs, logger });
    return { resource: true, closed: new Promise<never>(() => undefined), close: orphans.stop };
  }

  async function publish(envelopes: readonly Envelope[]): Promise<PublishOutcome[]> {
    if (installed.current() === undefined) return envelopes.map(() => failed('the bus database was not reached yet'));
    const jobs: NewJob[] = queues.flatMap((queue) => {
      const bound = envelopes.filter((envelope) => queue.events.includes(envelope.type));
      return toJobs(
        queue.name,
        bound.map((body) => ({ body, attempt: 1 })),
      );
    });
    const outcome = await writeInTime(jobs);
    return envelopes.map((envelope) => (queuesFor(queues, envelope.type).length === 0 ? taken : outcome));
  }

  async function writeInTime(jobs: readonly NewJob[]): Promise<PublishOutcome> {
    let outcome = failed('the bus database did not answer in time');
    const writing = write(pool, jobs).then(
      () => {
        outcome = taken;
      },
      (error: unknown) => {
        outcome = failed(error instanceof Error ? error.message : String(error));
      },
    );
    await within(publishTimeoutMs, writing);
    return outcome;
  }

  return {
    async start() {
      installed.start();
      await within(publishTimeoutMs, installed.opened());
    },
    async stop() {
      await Promise.all([...subscriptions].map((subscription) => subscription.stop()));
      await installed.stop();
      await close();
    },
    publish,
    waitingFor: (eventTypes) => answeredWithin(countTimeoutMs, countWaiting(pool, queuesForAny(queues, eventTypes)), 0),
    async subscribe(queue, { batchMax = 100, prefetch = 2 * batchMax }, handle) {
      const subscription = keepSubscription({ pool, installed, queue, prefetch, batchMax, handle, logger });
      subscriptions.add(subscription);
      pool.options.max += 1;
      subscription.start();
      await within(publishTimeoutMs, subscription.opened());
      return {
        async stop() {
          const isFirst = subscriptions.delete(subscription);
          await subscription.stop();
          if (isFirst) pool.options.max -= 1;
        },
      };
    },
    async check() {
      let isReached = false;
      await within(
        2_000,
        pool.query('select').then(() => {
          isReached = installed.current() !== undefined;
        }),
      );
      if (!isReached) throw unavailable('bus_unavailable', 'The database of the bus does not answer');
      for (const subscription of subscriptions) {
        if (subscription.current() === undefined) throw unavailable('bus_unavailable', 'A consumer is not connected');
      }
    },
    parked: (queue) => listParked(pool, queue.name),
    replayParked: (queue) => replayParked(pool, queue.name),
  };
}
