/** Lets a few run at once and makes the others wait their turn. */
export interface Slots {
  run<T>(work: () => Promise<T>): Promise<T>;
}

/** Bounds what uploads can hold in memory together. Who waits reads nothing, so that the sender is held back too. */
export function createSlots(size: number): Slots {
  let free = size;
  const waiting: (() => void)[] = [];
  return {
    async run(work) {
      if (free > 0) free--;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        if (next) next();
        else free++;
      }
    },
  };
}
