import type { Component, Logger } from '@outlay/platform';
import { Logger as JobLogger, type Runner, run, type TaskList } from 'graphile-worker';

/** How timed work is run. */
export interface JobWorkerOptions {
  /** Of the service's own role, which owns the schema of its jobs. */
  databaseUrl: string;
  schema: string;
  /** When which task is due, as graphile-worker reads it; in UTC. */
  crontab: string;
  tasks: TaskList;
  logger: Logger;
}

const pauseMs = 1_000;

/**
 * Runs timed work until stopped, in any number of processes: each due time runs once among them. graphile-worker gives
 * up when the database has been away for a while, so it is started again until it stays.
 */
export function createJobWorker(options: JobWorkerOptions): Component {
  const { databaseUrl, schema, crontab, tasks, logger } = options;
  let runner: Runner | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  let working: Promise<void> | undefined;

  async function work(): Promise<void> {
    try {
      runner = await run({
        connectionString: withApplicationName(databaseUrl, schema),
        maxPoolSize: 3,
        concurrency: 1,
        schema,
        crontab,
        taskList: tasks,
        noHandleSignals: true,
        logger: toJobLogger(logger),
      });
      if (isStopped) await runner.stop();
      await runner.promise;
    } catch (error) {
      if (!isStopped) logger.warn({ error }, 'timed work was interrupted, trying again');
    }
    runner = undefined;
    if (!isStopped) timer = setTimeout(begin, pauseMs);
  }

  function begin(): void {
    working = work();
  }

  return {
    start: begin,
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await runner?.stop().catch(() => undefined);
      await working;
    },
  };
}

function withApplicationName(databaseUrl: string, name: string): string {
  const url = new URL(databaseUrl);
  url.searchParams.set('application_name', name);
  return url.href;
}

/** Its milestones are details here. A job that failed is tried again, which is no reason to wake anybody. */
function toJobLogger(logger: Logger): JobLogger {
  return new JobLogger(() => (level, message) => {
    if (level === 'error' || level === 'warning') logger.warn({ reason: message }, 'timed work');
    else logger.debug({ reason: message }, 'timed work');
  });
}
