import { type DomainError, unavailable } from '../errors/domain-error.ts';

/** Lets few pieces of work run at once, and few more wait. */
export interface Turns {
  /** Runs work when a slot is free, and keeps the slot until it has ended. Throws what `refuse` makes where too many wait. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
}

/** How many at once, and who is told to come back. */
export interface TurnLimits {
  /** A function where it changes with what else is going on. */
  atOnce: number | (() => number);
  waitingMax: number;
  /** As long as it takes unless told. */
  waitMaxMs?: number;
  refuse?: () => DomainError;
}

/**
 * Bounds work of one kind, so that a flood of it leaves room for others: atOnce run, in the order in which they came, and
 * waitingMax wait. Whoever comes later, or has waited for waitMaxMs, is better told: unavailable `overloaded`, unless refuse
 * says otherwise.
 */
export function createTurns(limits: TurnLimits): Turns {
  const { waitingMax, waitMaxMs, refuse = overloaded } = limits;
  const atOnce = () => (typeof limits.atOnce === 'number' ? limits.atOnce : limits.atOnce());
  /** In the order in which they came. */
  const waiting = new Set<() => void>();
  let running = 0;

  /** A slot that is handed on is taken before whoever comes next can have it. */
  function beginNext(): void {
    for (const begin of waiting) {
      if (running >= atOnce()) break;
      running += 1;
      begin();
    }
  }

  function turn(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const giveUp = () => {
      waiting.delete(begin);
      reject(refuse());
    };
    const timer = waitMaxMs === undefined ? undefined : setTimeout(giveUp, waitMaxMs);
    const begin = () => {
      clearTimeout(timer);
      waiting.delete(begin);
      resolve();
    };
    waiting.add(begin);
    return promise;
  }

  return {
    async inTurn(work) {
      if (running >= atOnce()) {
        if (waiting.size >= waitingMax) throw refuse();
        await turn();
      } else {
        running += 1;
      }
      try {
        return await work();
      } finally {
        running -= 1;
        beginNext();
      }
    },
  };
}

function overloaded(): DomainError {
  return unavailable('overloaded', 'Too much is going on; come back in a moment');
}
