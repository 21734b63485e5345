import {
  type Component,
  createJobWorker,
  type Database,
  type JobWorkerOptions,
  type Logger,
  pause,
  toTenantId,
} from '@outlay/platform';
import { z } from 'zod';
import { addImportJob, findStalled, importTask, jobsSchema } from './import-store.ts';
import { type ImportWork, processImport } from './process-import.ts';

/** How the imports of a process are worked off. */
export interface ImportWorkerOptions extends ImportWork {
  /** Of the service's own role, which owns the schema of its jobs. */
  databaseUrl: string;
  /** An import that has not gone forward for so long is taken up again; 5,000 unless set. */
  stalledMs?: number;
  /** Other work of the service for the same worker. */
  beside?: Pick<JobWorkerOptions, 'tasks' | 'timed'>;
}

/** Works imports off in the background, and says whether jobs can be added yet. */
export interface ImportWorker extends Component {
  isReady(): boolean;
}

const concurrency = 2;

/**
 * Works off imports as they come, any number of processes together. Jobs are on PostgreSQL and wake a worker at once.
 * What goes forward no more, though its process may not even know that it hangs, is taken up by another.
 */
export function createImportWorker(options: ImportWorkerOptions): ImportWorker {
  const { databaseUrl, logger, database, stalledMs = 5_000, beside } = options;
  const stopping = new AbortController();
  let watching: Promise<void> | undefined;

  const jobs = createJobWorker<string>({
    databaseUrl,
    schema: jobsSchema,
    concurrency,
    tasks: {
      ...beside?.tasks,
      [importTask]: async (payload) => {
        const job = jobPayload.parse(payload);
        const work = { ...options, isStopping: () => stopping.signal.aborted };
        await processImport(work, toTenantId(job.tenant_id), job.import_id);
      },
    },
    timed: beside?.timed,
    logger,
  });

  async function watch(): Promise<void> {
    const stopped = new Promise<void>((resolve) => {
      stopping.signal.addEventListener('abort', () => resolve());
    });
    while (!stopping.signal.aborted) {
      if (jobs.isInstalled()) await addStalled(database, stalledMs, logger);
      await Promise.race([pause(stalledMs), stopped]);
    }
  }

  return {
    async start() {
      await jobs.start();
      watching = watch();
    },
    async stop() {
      stopping.abort();
      await Promise.all([jobs.stop(), watching]);
    },
    isReady: jobs.isInstalled,
  };
}

async function addStalled(database: Database, stalledMs: number, logger: Logger): Promise<void> {
  try {
    for (const { tenantId, id } of await findStalled(database, stalledMs)) {
      logger.info({ import_id: id, tenant_id: tenantId }, 'taking up an interrupted import');
      await database.withTenant({ tenantId: toTenantId(tenantId) }, (session) => addImportJob(session, tenantId, id));
    }
  } catch (error) {
    logger.debug({ error }, 'could not look for interrupted imports');
  }
}

const jobPayload = z.object({ tenant_id: z.uuid(), import_id: z.uuid() });
