import type { Logger } from '@outlay/platform';
import { Logger as GraphileLogger } from 'graphile-worker';

/** The kind of logger that graphile-worker wants. */
export type WorkerLogger = GraphileLogger;

/** graphile-worker composes its messages, so they become a field. What it calls an error is repaired by the bus. */
export function createWorkerLogger(logger: Logger): WorkerLogger {
  return new GraphileLogger(() => (level, message) => {
    if (level === 'error' || level === 'warning')
      logger.warn({ detail: message }, 'graphile-worker reported a problem');
  });
}
