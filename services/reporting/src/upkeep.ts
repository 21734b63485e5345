import { cleanInbox } from '@outlay/messaging';
import { type Clock, type Component, type Database, ensureMonthPartitions, type Logger } from '@outlay/platform';

const everyMs = 6 * 60 * 60_000;
const retryMs = 10_000;
const inboxMonths = 3;

/**
 * Makes the partitions of the coming months and drops those of the inbox that no message can be as old as. Done at
 * start and every six hours, sooner again where it failed; several replicas may do it at once.
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
      await ensureMonthPartitions(database, now);
      await cleanInbox(database, monthsBefore(now, inboxMonths));
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

function monthsBefore(instant: Date, months: number): Date {
  return new Date(Date.UTC(instant.getUTCFullYear(), instant.getUTCMonth() - months, 1));
}
