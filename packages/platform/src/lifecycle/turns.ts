import { type DomainError, unavailable } from '../errors/domain-error.ts';

/** Lets few pieces of work run at once, and few more wait. */
export interface Turns {
  /** Runs work when a slot is free, and keeps the slot until it has ended. Throws what `refuse` makes where too many wait. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
}

/**
 * Bounds work of one kind, so that a flood of it leaves room for others: atOnce run, in the order in which they came, and
 * waitingMax wait. Whoever comes later is better told at once: unavailable `overloaded`, unless refuse says otherwise.
 */
export function createTurns(options: { atOnce: number; waitingMax: number; refuse?: () => DomainError }): Turns {
  const { atOnce, waitingMax, refuse = overloaded } = options;
  const waiting: (() => void)[] = [];
  let running = 0;

  return {
    async inTurn(work) {
      if (running >= atOnce) {
        if (waiting.length >= waitingMax) throw refuse();
        // The slot is handed on, so running stays as it is.
        await new Promise<void>((resolve) => waiting.push(resolve));
      } else {
        running += 1;
      }
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        if (next) next();
        else running -= 1;
      }
    },
  };
}

function overloaded(): DomainError {
  return unavailable('overloaded', 'Too much is going on; come back in a moment');
}
