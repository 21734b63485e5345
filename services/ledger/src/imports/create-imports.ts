import type { Clock, Database, Logger } from '@outlay/platform';
import { createImportHandlers, type ImportHandlersOptions } from './import-handlers.ts';
import { createImportWorker, type ImportWorker, type ImportWorkerOptions } from './import-worker.ts';
import { createMappingHandlers } from './mappings/mapping-handlers.ts';

/** The RPCs of imports and of the mappings they are read with. */
export type ImportRpc = keyof ReturnType<typeof createImportHandlers> | keyof ReturnType<typeof createMappingHandlers>;

/** All of importing, to be composed into the service: its RPCs, and the background work to start and stop with it. */
export function createImports(options: {
  database: Database;
  /** For the work on files, whose statements may take long and must not crowd out requests. */
  background: Database;
  databaseUrl: string;
  clock: Clock;
  logger: Logger;
  ensureTenant: ImportHandlersOptions['ensureTenant'];
  beside?: ImportWorkerOptions['beside'];
}): {
  handlers: ReturnType<typeof createImportHandlers> & ReturnType<typeof createMappingHandlers>;
  worker: ImportWorker;
} {
  const { database, background, ensureTenant } = options;
  const worker = createImportWorker({ ...options, database: background });
  const handlers = {
    ...createImportHandlers({ database, ensureTenant, isReady: worker.isReady }),
    ...createMappingHandlers({ database }),
  };
  return { handlers, worker };
}
