import { type ParsedCronItem, parseCronItems } from 'graphile-worker';
import { unavailable } from '../errors/domain-error.ts';
import { keepOpen, type Opened } from '../lifecycle/keep-open.ts';
import type { Component } from '../lifecycle/lifecycle.ts';
import { within } from '../lifecycle/time.ts';
import type { Logger } from '../operations/logger.ts';
import { createJobPool } from './job-pool.ts';
import { installJobSchema } from './job-schema.ts';
import { freeOrphansRegularly } from './owner-lock.ts';
import { type JobTask, type RunningJobs, runJobs, type TimedTask } from './run-jobs.ts';

/** How the jobs of a service are run. */
export interface JobWorkerOptions<Name extends string = string> {
  /** Of the service's own role, which owns the schema of its jobs. */
  databaseUrl: string;
  /** Where jobs lie, `<schema of the service>_jobs`; `select <schema>.add_job(...)` in a transaction adds one with it. */
  schema: string;
  tasks: Readonly<Record<Name, JobTask>>;
  /** When which task is due. */
  timed?: readonly TimedTask<NoInfer<Name>>[];
  /** Jobs run at once in this process; one unless set. They use the service's own connections. */
  concurrency?: number;
  logger: Logger;
}

/** Runs jobs in the background. */
export interface JobWorker extends Component {
  /** Begins, and waits for the first attempt, whatever becomes of it. */
  start(): Promise<void>;
  /** Takes no more jobs, and waits for those in flight, ten seconds at the most. */
  stop(): Promise<void>;
  /** Throws unavailable while no jobs are run. */
  check(): Promise<void>;
  /** Whether jobs can be added: since they were run for the first time. */
  isInstalled(): boolean;
}

const startTimeoutMs = 2_000;
const drainTimeoutMs = 10_000;
const pollMs = 2_000;
const orphansEveryMs = 5_000;

/**
 * Runs the jobs of a service until stopped, in any number of processes together: jobs that were added, and tasks whose
 * time has come, each time once. Throws at once when a time cannot be read. While the database is away it waits and tries; what was in flight then is done again. The
 * jobs of a process that died are taken over by another within seconds.
 */
export function createJobWorker<Name extends string>(options: JobWorkerOptions<Name>): JobWorker {
  const { schema, timed = [], logger } = options;
  const parsed = parseCronItems(timed.map(oneAtATime));
  const failed = Promise.withResolvers<void>();
  let isInstalled = false;
  const jobs = keepOpen({
    name: schema,
    logger,
    open: async () => {
      try {
        const opened = await openJobs({ ...options, timed: parsed });
        isInstalled = true;
        return opened;
      } catch (error) {
        failed.resolve();
        throw error;
      }
    },
  });
  return {
    async start() {
      jobs.start();
      await within(startTimeoutMs, Promise.race([jobs.opened(), failed.promise]));
    },
    stop: jobs.stop,
    async check() {
      if (jobs.current() === undefined) throw unavailable('jobs_unavailable', 'Jobs are not run at the moment');
    },
    isInstalled: () => isInstalled,
  };
}

/**
 * By its queue one is at work, which may take longer than until the next; by its key one waits for the end of that, however
 * many are due or are tried again.
 */
const oneAtATime = (item: TimedTask): TimedTask => ({
  ...item,
  options: { queueName: item.task, jobKey: item.task, ...item.options },
});

async function openJobs(
  options: Omit<JobWorkerOptions, 'timed'> & { timed: readonly ParsedCronItem[] },
): Promise<Opened<RunningJobs>> {
  const { databaseUrl, schema, tasks, timed, concurrency = 1, logger } = options;
  // One listens and one works; statements are short and few, so that many jobs need no more than one beside.
  const max = concurrency === 1 ? 2 : 3;
  const { pool, close } = createJobPool({ databaseUrl, applicationName: schema, max, logger });
  try {
    await installJobSchema(pool, { schema, logger });
    const running = await runJobs({ pool, schema, tasks, timed, concurrency, pollMs, logger });
    const orphans = freeOrphansRegularly(pool, { schema, everyMs: orphansEveryMs, logger });
    return {
      resource: running,
      closed: Promise.race([running.ended, orphans.failed]),
      async close() {
        await within(drainTimeoutMs, Promise.all([running.stop(), orphans.stop()]));
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}
