import type { Clock, Component, Database, Logger } from '@outlay/platform';
import { createImportHandlers, type ImportHandlersOptions } from './import-handlers.ts';
import { createImportWorker } from './import-worker.ts';

/** All of importing, to be composed into the service: its RPCs, and the background work to start and stop with it. */
export function createImports(options: {
  database: Database;
  databaseUrl: string;
  clock: Clock;
  logger: Logger;
  ensureTenant: ImportHandlersOptions['ensureTenant'];
}): { handlers: ReturnType<typeof createImportHandlers>; worker: Component } {
  const { database, ensureTenant } = options;
  const worker = createImportWorker(options);
  return { handlers: createImportHandlers({ database, ensureTenant, isReady: worker.isReady }), worker };
}
