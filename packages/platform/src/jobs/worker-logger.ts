import { Logger as WorkerLogger } from 'graphile-worker';
import type { Logger } from '../operations/logger.ts';

/**
 * graphile-worker's messages in our log. It composes them, so they become a field; its milestones are details here. What
 * it calls an error it repairs by itself, and jobs that fail are reported by runJobs. That the pool is smaller than the
 * number of jobs is meant so: they hold no connection of it while they work.
 */
export function toWorkerLogger(logger: Logger): WorkerLogger {
  return new WorkerLogger(() => (level, message, meta) => {
    const isKnown = meta?.failure !== undefined || message.includes('maxPoolSize');
    const isProblem = (level === 'error' || level === 'warning') && !isKnown;
    logger[isProblem ? 'warn' : 'debug']({ detail: message }, 'graphile-worker reports');
  });
}
