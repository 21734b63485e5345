import type { Clock, Database, Logger } from '@outlay/platform';
import { createImportHandlers, type ImportHandlersOptions } from './import-handlers.ts';
import { createImportWorker, type ImportWorker, type ImportWorkerOptions } from './import-worker.ts';

/** All of importing, to be composed into the service: its RPCs, and the background work to start and stop with it. */
export function createImports(options: {
  database: Database;
  databaseUrl: string;
  clock: Clock;
  logger: Logger;
  ensureTenant: ImportHandlersOptions['ensureTenant'];
  beside?: ImportWorkerOptions['beside'];
}): { handlers: ReturnType<typeof createImportHandlers>; worker: ImportWorker } {
  const { database, ensureTenant } = options;
  const worker = createImportWorker(options);
  return { handlers: createImportHandlers({ database, ensureTenant, isReady: worker.isReady }), worker };
}
