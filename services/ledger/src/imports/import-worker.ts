import {
  type Component,
  type Database,
  keepOpen,
  type Logger,
  type Opened,
  pause,
  toTenantId,
  within,
} from '@outlay/platform';
import { Logger as JobLogger, type Runner, run, runMigrations, type TaskList } from 'graphile-worker';
import pg from 'pg';
import { z } from 'zod';
import { findStalled, importTask, jobsSchema } from './import-store.ts';
import { type ImportWork, processImport } from './process-import.ts';

/** How the imports of a process are worked off. */
export interface ImportWorkerOptions extends ImportWork {
  /** Of the service's own role, which owns the schema of its jobs. */
  databaseUrl: string;
  /** An import that has not gone forward for so long is taken up again; 5,000 unless set. */
  stalledMs?: number;
}

/** Works imports off in the background, and says whether jobs can be added yet. */
export interface ImportWorker extends Component {
  isReady(): boolean;
}

const concurrency = 2;
const openTimeoutMs = 5_000;
const closeTimeoutMs = 10_000;

/**
 * Works off imports as they come, any number of processes together. Jobs are on PostgreSQL and wake a worker at once.
 * What a process that died left behind is found by its lack of progress and taken up by another: graphile-worker
 * itself would wait four hours for the dead worker.
 */
export function createImportWorker(options: ImportWorkerOptions): ImportWorker {
  const { databaseUrl, logger, database, stalledMs = 5_000 } = options;
  const stopping = new AbortController();
  let isInstalled = false;
  let watching: Promise<void> | undefined;

  const taskList: TaskList = {
    [importTask]: async (payload) => {
      const job = jobPayload.parse(payload);
      const work = { ...options, isStopping: () => stopping.signal.aborted };
      await processImport(work, toTenantId(job.tenant_id), job.import_id);
    },
  };
  const jobs = keepOpen<Runner>({
    name: 'worker of imports',
    logger,
    open: async () => {
      const opened = await openRunner(databaseUrl, taskList, logger);
      isInstalled = true;
      return opened;
    },
  });

  async function watch(): Promise<void> {
    const stopped = new Promise<void>((resolve) => {
      stopping.signal.addEventListener('abort', () => resolve());
    });
    while (!stopping.signal.aborted) {
      const runner = jobs.current();
      if (runner) await addStalled(runner, database, stalledMs, logger);
      await Promise.race([pause(stalledMs), stopped]);
    }
  }

  return {
    async start() {
      jobs.start();
      watching = watch();
      // Whether or not it succeeds: it goes on trying by itself.
      await within(openTimeoutMs, jobs.opened());
    },
    async stop() {
      stopping.abort();
      await Promise.all([jobs.stop(), watching]);
    },
    isReady: () => isInstalled,
  };
}

async function addStalled(runner: Runner, database: Database, stalledMs: number, logger: Logger): Promise<void> {
  try {
    for (const { tenantId, id } of await findStalled(database, stalledMs)) {
      logger.info({ import_id: id, tenant_id: tenantId }, 'taking up an interrupted import');
      await runner.addJob(importTask, { tenant_id: tenantId, import_id: id }, { jobKey: id });
    }
  } catch (error) {
    logger.debug({ error }, 'could not look for interrupted imports');
  }
}

const jobPayload = z.object({ tenant_id: z.uuid(), import_id: z.uuid() });

async function openRunner(databaseUrl: string, taskList: TaskList, logger: Logger): Promise<Opened<Runner>> {
  const pool = createPool(databaseUrl, logger);
  const closePool = () => within(closeTimeoutMs, pool.end());
  try {
    await installJobs(pool, logger);
    const runner = await run({
      pgPool: pool,
      schema: jobsSchema,
      taskList,
      parsedCronItems: [],
      noHandleSignals: true,
      logger: jobLogger(logger),
      // Without batches, a job that cannot be marked done while the database is away is an unhandled rejection, which
      // ends the process; with them it ends the runner, which is opened again.
      preset: { worker: { concurrentJobs: concurrency, completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
    });
    const closed = runner.promise.catch((error: unknown) => error);
    return {
      resource: runner,
      closed,
      async close() {
        await within(closeTimeoutMs, Promise.all([runner.stop().catch(() => undefined), closed]));
        await closePool();
      },
    };
  } catch (error) {
    await closePool();
    throw error;
  }
}

/** graphile-worker would begin with `create schema`, which this role may not say; it does not when its table is there. */
async function installJobs(pool: pg.Pool, logger: Logger): Promise<void> {
  await pool.query(`
    create table if not exists ${jobsSchema}.migrations (
      id int primary key,
      ts timestamptz not null default now(),
      breaking boolean not null default false
    )`);
  await runMigrations({ pgPool: pool, schema: jobsSchema, logger: jobLogger(logger) });
}

function createPool(databaseUrl: string, logger: Logger): pg.Pool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    application_name: 'ledger imports',
    max: concurrency + 2,
    connectionTimeoutMillis: openTimeoutMs,
    // A connection whose other end is gone without a word answers nothing, and is given up within a minute.
    query_timeout: 10_000,
    maxLifetimeSeconds: 60,
    keepAlive: true,
  });
  pool.on('error', (error) => logger.debug({ error }, 'idle connection of the import worker lost'));
  // graphile-worker listens for errors of the connections it holds only while it uses them.
  pool.on('connect', (client) => void client.on('error', () => undefined));
  return pool;
}

/** It composes its messages, so they become a field; a job that failed is tried again, which is no reason to wake anybody. */
function jobLogger(logger: Logger): JobLogger {
  return new JobLogger(() => (level, message) => {
    if (level === 'error' || level === 'warning') {
      logger.warn({ detail: message }, 'graphile-worker reported a problem');
    }
  });
}
