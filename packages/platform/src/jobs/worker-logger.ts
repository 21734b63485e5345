import { Logger as WorkerLogger } from 'graphile-worker';
import type { Logger } from '../operations/logger.ts';

/**
 * graphile-worker's messages in our log. It composes them, so they become a field; its milestones are details here. What
 * it calls an error it repairs by itself, and jobs that fail are reported by runJobs.
 */
export function toWorkerLogger(logger: Logger): WorkerLogger {
  return new WorkerLogger(() => (level, message, meta) => {
    const isProblem = (level === 'error' || level === 'warning') && meta?.failure === undefined;
    logger[isProblem ? 'warn' : 'debug']({ detail: message }, 'graphile-worker reports');
  });
}
