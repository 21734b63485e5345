import type { Component, Logger } from '@outlay/platform';
import { Logger as JobLogger, type Runner, run, type TaskList } from 'graphile-worker';
import pg from 'pg';

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

const concurrency = 1;
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
  let isInterrupted = false;
  let working: Promise<void> | undefined;

  async function work(): Promise<void> {
    const pool = createPool(databaseUrl, schema, logger);
    try {
      await prepareSchema(pool, schema);
      runner = await run({
        pgPool: pool,
        concurrency,
        schema,
        crontab,
        taskList: tasks,
        noHandleSignals: true,
        logger: toJobLogger(logger),
        // Without batches, a database that goes away while a job runs becomes an unhandled rejection (seen in 0.18);
        // with them it ends the runner, which is started again below.
        preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
      });
      isInterrupted = false;
      if (isStopped) await runner.stop();
      await runner.promise;
    } catch (error) {
      // Tried each second; once is enough to tell.
      if (!isStopped && !isInterrupted) logger.warn({ error }, 'timed work was interrupted, trying again');
      isInterrupted = true;
    }
    runner = undefined;
    await pool.end().catch(() => undefined);
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

/** One connection listens, one keeps the clock, and each job takes one. */
function createPool(databaseUrl: string, schema: string, logger: Logger): pg.Pool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    application_name: schema,
    max: concurrency + 2,
    connectionTimeoutMillis: 2_000,
    keepAlive: true,
  });
  pool.on('error', (error) => logger.warn({ error }, 'idle connection of timed work lost'));
  // graphile-worker listens for errors of the connections it holds only while it uses them.
  pool.on('connect', (client) => void client.on('error', () => undefined));
  return pool;
}

/**
 * graphile-worker begins with `create schema if not exists`, which a role without that right on the database may not
 * say even when the schema exists; it does not when it finds its table of migrations.
 */
async function prepareSchema(pool: pg.Pool, schema: string): Promise<void> {
  await pool.query(
    `create table if not exists ${pg.escapeIdentifier(schema)}.migrations (
      id int primary key,
      ts timestamptz not null default now(),
      breaking boolean not null default false
    )`,
  );
}

/** Its milestones are details here. A job that failed is tried again, which is no reason to wake anybody. */
function toJobLogger(logger: Logger): JobLogger {
  return new JobLogger(() => (level, message) => {
    if (level === 'error' || level === 'warning') logger.warn({ reason: message }, 'timed work');
    else logger.debug({ reason: message }, 'timed work');
  });
}
