import { keepMonths } from '@outlay/messaging';
import { type Clock, type Component, type Database, deleteIdempotencyKeys, type Logger } from '@outlay/platform';

const everyMs = 6 * 60 * 60_000;
const retryMs = 10_000;
/** A client that still repeats a request after three days is not told from one that has a new wish. */
const idempotencyDays = 3;

/**
 * Makes the partitions of the coming months, and drops what has served: old months of inbox and outbox, old idempotency
 * keys. At start and every six hours, sooner again where it failed; several replicas may do it at once. Journal and
 * audit are kept for good.
 */
export function createUpkeep(options: { database: Database; clock: Clock; logger: Logger }): Component {
  const { database, clock, logger } = options;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    let isDone = false;
    try {
      const now = clock();
      await keepMonths(database, now);
      await deleteIdempotencyKeys(database, daysBefore(now, idempotencyDays));
      isDone = true;
    } catch (error) {
      logger.warn({ error }, 'upkeep failed, trying again');
    }
    if (!isStopped) timer = setTimeout(begin, isDone ? everyMs : retryMs);
  }

  function begin(): void {
    running = run();
  }

  return {
    start: begin,
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}

function daysBefore(instant: Date, days: number): Date {
  return new Date(instant.getTime() - days * 24 * 60 * 60_000);
}
