import { type Component, type Database, type Logger, toTenantId } from '@outlay/platform';
import { Logger as JobLogger, type Runner, run, runMigrations } from 'graphile-worker';
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
const restartMs = 1_000;

/**
 * Works off imports as they come, any number of processes together. Jobs are on PostgreSQL and wake a worker at once.
 * What a process that died left behind is found by its lack of progress and taken up by another: graphile-worker
 * itself would wait four hours for the dead worker.
 */
export function createImportWorker(options: ImportWorkerOptions): ImportWorker {
  const { databaseUrl, logger, database, stalledMs = 5_000 } = options;
  let runner: Runner | undefined;
  let isInstalled = false;
  let isStopping = false;
  const begun = Promise.withResolvers<void>();
  let working: Promise<void> | undefined;
  let resuming: Promise<void> | undefined;
  const timers = new Set<NodeJS.Timeout>();
  const work: ImportWork = { ...options, isStopping: () => isStopping };

  async function runJobs(): Promise<void> {
    const pool = createPool(databaseUrl, logger);
    try {
      await installJobs(pool, logger);
      isInstalled = true;
      runner = await run({
        pgPool: pool,
        schema: jobsSchema,
        concurrency,
        noHandleSignals: true,
        logger: jobLogger(logger),
        taskList: {
          [importTask]: async (payload) => {
            const job = jobPayload.parse(payload);
            await processImport(work, toTenantId(job.tenant_id), job.import_id);
          },
        },
      });
      begun.resolve();
      if (isStopping) await runner.stop();
      await runner.promise;
    } catch (error) {
      if (!isStopping) logger.warn({ error }, 'work on imports was interrupted, trying again');
    } finally {
      begun.resolve();
      runner = undefined;
      await closed(pool);
    }
    if (!isStopping) later(begin, restartMs);
  }

  function begin(): void {
    working = runJobs();
  }

  function later(what: () => void, ms: number): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      what();
    }, ms);
    timers.add(timer);
  }

  function watch(): void {
    resuming = resume().finally(() => {
      if (!isStopping) later(watch, stalledMs);
    });
  }

  async function resume(): Promise<void> {
    try {
      if (runner) await addStalled(runner, database, stalledMs, logger);
    } catch (error) {
      logger.warn({ error }, 'could not look for interrupted imports');
    }
  }

  return {
    async start() {
      begin();
      watch();
      // Whether or not it succeeds: it goes on trying by itself.
      await begun.promise;
    },
    async stop() {
      isStopping = true;
      for (const timer of timers) clearTimeout(timer);
      await runner?.stop().catch(() => undefined);
      await Promise.all([working, resuming]);
    },
    isReady: () => isInstalled,
  };
}

async function addStalled(runner: Runner, database: Database, stalledMs: number, logger: Logger): Promise<void> {
  for (const { tenantId, id } of await findStalled(database, stalledMs)) {
    logger.info({ import_id: id, tenant_id: tenantId }, 'taking up an interrupted import');
    await runner.addJob(importTask, { tenant_id: tenantId, import_id: id }, { jobKey: id });
  }
}

const jobPayload = z.object({ tenant_id: z.uuid(), import_id: z.uuid() });

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
    application_name: 'outlay-ledger imports',
    max: concurrency + 2,
    connectionTimeoutMillis: 5_000,
    // A connection whose other end is gone without a word answers nothing, and is given up within a minute.
    query_timeout: 10_000,
    maxLifetimeSeconds: 60,
    keepAlive: true,
  });
  pool.on('error', (error) => logger.warn({ error }, 'idle connection of the import worker lost'));
  // graphile-worker listens for errors of the connections it holds only while it uses them.
  pool.on('connect', (client) => void client.on('error', () => undefined));
  return pool;
}

/** Ends a pool, in bounded time: one of its connections may be waiting for what never comes. */
async function closed(pool: pg.Pool): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, 5_000);
  });
  await Promise.race([pool.end().catch(() => undefined), timeout]);
  clearTimeout(timer);
}

/** It composes its messages, so they become a field; a job that failed is tried again, which is no reason to wake anybody. */
function jobLogger(logger: Logger): JobLogger {
  return new JobLogger(() => (level, message) => {
    if (level === 'error' || level === 'warning')
      logger.warn({ detail: message }, 'graphile-worker reported a problem');
  });
}
