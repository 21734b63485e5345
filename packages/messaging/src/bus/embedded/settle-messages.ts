import { createOutageLog, type Logger, pause } from '@outlay/platform';
import type pg from 'pg';
import type { QueueDefinition } from '../../catalogue.ts';
import type { DeliveryOutcome } from '../bus.ts';
import { settlementOf } from '../settlement.ts';
import { type BusMessage, type NewJob, type NewParked, write } from './messages.ts';

/** A message and what became of its delivery. */
export interface SettledMessage {
  readonly message: BusMessage;
  readonly outcome: DeliveryOutcome;
}

/** Writes down what is left to do with messages, before the jobs that held them are deleted. */
export interface Settling {
  /** Writes what the outcomes ask for. Dying before the job is deleted makes two of a message, never none. */
  settle(settled: readonly SettledMessage[]): Promise<void>;
  /** Gives each message a job of its own, so that what one of them does to its consumers stays with it. */
  split(messages: readonly BusMessage[]): Promise<void>;
  /** From now on what cannot be written at once is given up, and its job delivered again. */
  close(): void;
}

const writeRetryMs = 250;

/** `nudge` has a worker look for jobs: nobody notifies when a job's time has come. */
export function createSettling(options: {
  pool: pg.Pool;
  queue: QueueDefinition;
  logger: Logger;
  nudge: () => void;
}): Settling {
  const { pool, queue, logger, nudge } = options;
  const outage = createOutageLog({
    logger: logger.child({ queue: queue.name }),
    failing: 'could not settle messages, trying again',
    working: 'messages are settled again',
  });
  const timers = new Set<NodeJS.Timeout>();
  let isClosing = false;

  async function writeUntilClosing(jobs: readonly NewJob[], parked: readonly NewParked[]): Promise<void> {
    for (;;) {
      try {
        await write(pool, jobs, parked);
        outage.worked();
        return;
      } catch (error) {
        if (isClosing) throw error;
        outage.failed(error);
        await pause(writeRetryMs);
      }
    }
  }

  function nudgeAfter(delayMs: number): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      nudge();
    }, delayMs + 2);
    timer.unref();
    timers.add(timer);
  }

  return {
    async settle(settled) {
      const { jobs, parked } = leftToDo(queue, settled);
      await writeUntilClosing(jobs, parked);
      for (const { delayMs } of jobs) if (delayMs > 0 && !isClosing) nudgeAfter(delayMs);
    },
    split: (messages) =>
      writeUntilClosing(
        messages.map((message) => ({ queue: queue.name, messages: [message], delayMs: 0 })),
        [],
      ),
    close() {
      isClosing = true;
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

function leftToDo(queue: QueueDefinition, settled: readonly SettledMessage[]): { jobs: NewJob[]; parked: NewParked[] } {
  const jobs: NewJob[] = [];
  const parked: NewParked[] = [];
  for (const { message, outcome } of settled) {
    const settlement = settlementOf(queue, message.attempt, outcome);
    switch (settlement.kind) {
      case 'forget':
        break;
      case 'release':
        jobs.push({ queue: queue.name, messages: [message], delayMs: 0 });
        break;
      case 'again': {
        const { attempt, delayMs } = settlement;
        jobs.push({ queue: queue.name, messages: [{ body: message.body, attempt }], delayMs });
        break;
      }
      case 'park': {
        const { error, attempts } = settlement;
        parked.push({ queue: queue.name, body: message.body, error, attempts });
      }
    }
  }
  return { jobs, parked };
}
