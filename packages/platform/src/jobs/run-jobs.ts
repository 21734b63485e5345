import { EventEmitter } from 'node:events';
import { type CronItem, type Job, type ParsedCronItem, run, type WorkerPool } from 'graphile-worker';
import type pg from 'pg';
import { within } from '../lifecycle/time.ts';
import type { Logger } from '../operations/logger.ts';
import { takeOwnerLock } from './owner-lock.ts';
import { toWorkerLogger } from './worker-logger.ts';

/**
 * What is done for a job. It is done at least once: again after an error, and again when the process or the database
 * goes away before its end was written down. So its effect must be exactly-once by data.
 */
export type JobTask = (payload: unknown, job: { attempt: number }) => Promise<unknown>;

/** A task that is due at certain times, of all processes together once at each; graphile-worker's `match` is in UTC. */
export type TimedTask<Name extends string = string> = CronItem & { task: Name; match: string };

/** How jobs are run. */
export interface RunJobsOptions {
  pool: pg.Pool;
  schema: string;
  tasks: Readonly<Record<string, JobTask>>;
  timed?: readonly ParsedCronItem[];
  /** Jobs run at once. */
  concurrency: number;
  /** Takes as many jobs at once from the database, which costs one statement and not one for each. */
  takesMany?: boolean;
  /** How often to look for jobs that no notification announced, such as those whose time has come. */
  pollMs: number;
  logger: Logger;
}

/** Jobs being run. */
export interface RunningJobs {
  /** Has an idle worker look for a job now. */
  nudge(): void;
  /** Resolves with the reason when jobs are run no more, or new ones not heard of; `stop` is to be called then too. */
  readonly ended: Promise<unknown>;
  /** Takes no more jobs, and waits for those in flight, and a second for the database to hear of it. Never rejects. */
  stop(): Promise<void>;
}

const settleTimeoutMs = 1_000;

/** Runs the jobs of a schema that is installed. Throws while the database is away. */
export async function runJobs(options: RunJobsOptions): Promise<RunningJobs> {
  const { pool, schema, tasks, timed = [], concurrency, takesMany = false, pollMs, logger } = options;
  const events = new EventEmitter();
  const lost = Promise.withResolvers<unknown>();
  const inFlight = new Set<Promise<void>>();
  // In an object, as it is thenable and would be awaited by accident.
  const atWork: { workers?: WorkerPool } = {};
  events.once('pool:create', ({ workerPool }: { workerPool: WorkerPool }) => {
    atWork.workers = workerPool;
  });
  events.on('pool:listen:success', ({ client, workerPool }: { client: pg.ClientBase; workerPool: WorkerPool }) => {
    // Once its own `listen` is through, as a client runs one statement at a time.
    client.once('drain', () => takeOwnerLock(client, workerPool.id).catch(lost.resolve));
  });
  // Its own reconnecting gets slower with each attempt, up to a minute.
  events.on('pool:listen:error', (event: { error: unknown }) => lost.resolve(event.error));
  const runner = await run({
    pgPool: pool,
    schema,
    taskList: Object.fromEntries(Object.entries(tasks).map(([name, task]) => [name, watched(task, inFlight, logger)])),
    parsedCronItems: [...timed],
    noHandleSignals: true,
    events,
    logger: toWorkerLogger(logger),
    preset: {
      worker: {
        concurrentJobs: concurrency,
        pollInterval: pollMs,
        // Without batches, a job whose end cannot be written down is an unhandled rejection (seen in 0.18), which ends
        // the process; with them it ends the runner.
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
        ...(takesMany && { localQueue: { size: concurrency } }),
      },
    },
  });
  const finished = runner.promise.then(
    () => new Error('The workers have stopped'),
    (error: unknown) => error,
  );
  return {
    nudge: () => atWork.workers?.nudge(1),
    ended: Promise.race([finished, lost.promise]),
    async stop() {
      // Throws when it has ended already.
      const stopped = runner.stop().catch(() => undefined);
      do {
        await Promise.allSettled(inFlight);
        // A database that hangs must not hold the process up any longer.
        await within(settleTimeoutMs, Promise.all([stopped, finished]));
      } while (inFlight.size > 0);
    },
  };
}

/** A job that failed is tried again, later and later, which is no reason to wake anybody until it is given up. */
function watched(task: JobTask, inFlight: Set<Promise<void>>, logger: Logger) {
  async function work(payload: unknown, job: Job): Promise<void> {
    const { task_identifier: name, attempts: attempt, max_attempts: attemptsMax } = job;
    try {
      await task(payload, { attempt });
    } catch (error) {
      if (attempt < attemptsMax) logger.warn({ error, task: name, attempt }, 'job failed, it is tried again');
      else logger.error({ error, task: name, attempt }, 'job failed for good');
      throw error;
    }
  }
  return (payload: unknown, { job }: { job: Job }): Promise<void> => {
    const working = work(payload, job).finally(() => inFlight.delete(working));
    inFlight.add(working);
    return working;
  };
}
