import type { Component, Logger } from '@outlay/platform';
import { Logger as JobLogger, type Runner, run, type TaskList } from 'graphile-worker';
import pg from 'pg';

/** How jobs are run. */
export interface JobWorkerOptions {
  /** Of the service's own role, which owns the schema of its jobs. */
  databaseUrl: string;
  schema: string;
  tasks: TaskList;
  /** When which task is due, as graphile-worker reads it; in UTC. */
  crontab: string;
  concurrency: number;
  logger: Logger;
}

/** Runs jobs. */
export interface JobWorker extends Component {
  start(): void;
  stop(): Promise<void>;
  /** Throws while no jobs are run; before the first time none can be added either. */
  check(): Promise<void>;
}

const pauseMs = 1_000;

/**
 * Runs jobs until stopped, in any number of processes. graphile-worker gives up when the database has been away for a
 * while, so it is started again until it stays.
 */
export function createJobWorker(options: JobWorkerOptions): JobWorker {
  const { databaseUrl, schema, tasks, crontab, concurrency, logger } = options;
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    application_name: `${schema} worker`,
    max: concurrency + 2,
    connectionTimeoutMillis: 2_000,
  });
  pool.on('error', (error) => logger.warn({ error }, 'idle job connection lost'));
  // While a connection is out the pool does not listen to its errors; the statement under way reports them.
  pool.on('connect', (client) => client.on('error', () => undefined));
  let runner: Runner | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  let working: Promise<void> | undefined;

  async function work(): Promise<void> {
    try {
      await prepareSchema(pool, schema);
      runner = await run({
        pgPool: pool,
        schema,
        taskList: tasks,
        crontab,
        concurrency,
        noHandleSignals: true,
        logger: toJobLogger(logger),
      });
      if (isStopped) await runner.stop();
      await runner.promise;
    } catch (error) {
      if (!isStopped) logger.warn({ error }, 'jobs were interrupted, trying again');
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
      await pool.end();
    },
    async check() {
      if (!runner) throw new Error('No jobs are run');
    },
  };
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
    if (level === 'error' || level === 'warning') logger.warn({ reason: message }, 'job');
    else logger.debug({ reason: message }, 'job');
  });
}
