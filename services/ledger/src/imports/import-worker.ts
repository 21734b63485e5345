import {
  type Component,
  createJobWorker,
  createOutageLog,
  createTurns,
  type Database,
  type JobWorkerOptions,
  type Logger,
  pause,
  toTenantId,
} from '@outlay/platform';
import { z } from 'zod';
import { dropPreview, dropTask } from './drop-preview.ts';
import { expirePreviews } from './expire-previews.ts';
import { addImportJob, findStalled, importTask, isJobWaiting, jobsSchema } from './import-store.ts';
import { type ImportWork, processImport } from './process-import.ts';
import { askAgainIn } from './wait-for-others.ts';

/** How the imports of a process are worked off. */
export interface ImportWorkerOptions extends ImportWork {
  /** Of the service's own role, which owns the schema of its jobs. */
  databaseUrl: string;
  /** An import that has not gone forward for so long is taken up again; 5,000 unless set. */
  stalledMs?: number;
  /** How long an import is worked on while others wait for its place; 5,000 unless set. */
  sliceMs?: number;
  /** Other work of the service for the same worker. */
  beside?: Pick<JobWorkerOptions, 'tasks' | 'timed'>;
}

/** Works imports off in the background, and says whether jobs can be added yet. */
export interface ImportWorker extends Component {
  isReady(): boolean;
}

/** Imports of as many tenants at a time. */
const concurrency = 8;

/** Batches booked at a time, of all imports of the process. */
const batchesAtOnce = 4;

/** When to look again whether the import of a tenant before this one is over: later, the more there are that look. */
const laterMs = 250;
const laterMsMax = 5_000;

/** A file is read from its beginning each time that its import is gone on with: it is worked on for longer than that takes. */
const readingsInSlice = 5;

const hourly = { backfillPeriod: 3_600_000 };

/**
 * Works off imports as they come, any number of processes together. Jobs are on PostgreSQL and wake a worker at once.
 * What goes forward no more, though its process may not even know that it hangs, is taken up by another.
 *
 * Tenants take turns, so that a large import holds up no other tenant's small one: a process has one import of a tenant
 * at work, and the batches of those that are at work go to the database in the order in which they are ready. Where all
 * places are taken and a job waits, an import that has been worked on for a while gives its place up, and waits in its turn.
 */
export function createImportWorker(options: ImportWorkerOptions): ImportWorker {
  const { databaseUrl, logger, database, clock, stalledMs = 5_000, sliceMs = 5_000, beside } = options;
  const stopping = new AbortController();
  const turns = createTurns({ atOnce: batchesAtOnce, waitingMax: Number.POSITIVE_INFINITY });
  /** Tenants of which an import is at work, and how often another was put off meanwhile. */
  const atWork = new Map<string, number>();
  let placesTaken = 0;
  let watching: Promise<void> | undefined;

  async function workOff({ tenant_id: tenant, import_id: importId }: JobPayload): Promise<void> {
    const tenantId = toTenantId(tenant);
    const putOff = atWork.get(tenantId);
    if (putOff !== undefined) {
      atWork.set(tenantId, putOff + 1);
      const waitMs = Math.min(laterMs * (putOff + 1), laterMsMax);
      await database.withTenant({ tenantId }, (session) => addImportJob(session, tenantId, importId, waitMs));
      return;
    }
    atWork.set(tenantId, 0);
    const begun = performance.now();
    const isStopping = () => stopping.signal.aborted;
    const isOthersTurn = async (readingMs: number): Promise<boolean> => {
      if (placesTaken < concurrency) return false;
      const isLong = performance.now() - begun >= Math.max(sliceMs, readingsInSlice * readingMs);
      return isLong && (await isJobWaiting(database));
    };
    const work = { ...options, isStopping, isOthersTurn, inTurn: turns.inTurn };
    const worked = await processImport(work, tenantId, importId).finally(() => atWork.delete(tenantId));
    if (worked === 'ended') return;
    // After the jobs that wait already; the tenant must not seem to be at work when another place takes it up at once.
    await database.withTenant({ tenantId }, async (session) => {
      const waitMs = worked === 'waits' ? await askAgainIn(session, { tenantId }, importId) : 0;
      await addImportJob(session, tenantId, importId, waitMs);
    });
  }

  /** Of all tasks, as each takes a place. */
  const inPlace =
    <Args extends unknown[]>(task: (...args: Args) => Promise<unknown>) =>
    async (...args: Args): Promise<void> => {
      placesTaken++;
      try {
        await task(...args);
      } finally {
        placesTaken--;
      }
    };

  const tasks: JobWorkerOptions['tasks'] = {
    ...beside?.tasks,
    [importTask]: (payload) => workOff(jobPayload.parse(payload)),
    [dropTask]: async (payload) => {
      const { tenant_id: tenant, import_id: importId } = jobPayload.parse(payload);
      const isStopping = () => stopping.signal.aborted;
      await dropPreview({ database, isStopping, inTurn: turns.inTurn }, toTenantId(tenant), importId);
    },
    [expireTask]: () => expirePreviews({ database, logger }, clock()),
  };

  const jobs = createJobWorker<string>({
    databaseUrl,
    schema: jobsSchema,
    concurrency,
    tasks: Object.fromEntries(Object.entries(tasks).map(([name, task]) => [name, inPlace(task)])),
    timed: [...(beside?.timed ?? []), { task: expireTask, match: '41 * * * *', options: hourly }],
    logger,
  });

  async function watch(): Promise<void> {
    const stopped = new Promise<void>((resolve) => {
      stopping.signal.addEventListener('abort', () => resolve());
    });
    const outage = createOutageLog({
      logger,
      failing: 'could not look for interrupted imports',
      working: 'interrupted imports are looked for again',
    });
    while (!stopping.signal.aborted) {
      if (jobs.isInstalled()) await addStalled(database, stalledMs, logger).then(outage.worked, outage.failed);
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
  for (const { tenantId, id } of await findStalled(database, stalledMs)) {
    logger.info({ import_id: id, tenant_id: tenantId }, 'taking up an interrupted import');
    await database.withTenant({ tenantId: toTenantId(tenantId) }, (session) => addImportJob(session, tenantId, id));
  }
}

const expireTask = 'expire_previews';

const jobPayload = z.object({ tenant_id: z.uuid(), import_id: z.uuid() });

type JobPayload = z.output<typeof jobPayload>;
