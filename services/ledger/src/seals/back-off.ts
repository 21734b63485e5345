/** Lets what fails rest, each time twice as long, by keys. */
export interface BackOff {
  /** When the rest of what has failed ends, by the clock of `now`; undefined of what has succeeded since, or never failed. */
  restedAt(key: string): number | undefined;
  isResting(key: string): boolean;
  failed(key: string): void;
  succeeded(key: string): void;
}

/** Rests last from `firstMs` up to `mostMs`. `now` counts milliseconds, and never goes back. */
export function createBackOff(
  { firstMs, mostMs }: { firstMs: number; mostMs: number },
  now = () => performance.now(),
): BackOff {
  const rests = new Map<string, { ms: number; until: number }>();
  return {
    restedAt: (key) => rests.get(key)?.until,
    isResting: (key) => now() < (rests.get(key)?.until ?? 0),
    failed(key) {
      const ms = Math.min((rests.get(key)?.ms ?? firstMs / 2) * 2, mostMs);
      rests.set(key, { ms, until: now() + ms });
    },
    succeeded: (key) => {
      rests.delete(key);
    },
  };
}
