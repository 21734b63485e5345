/** What came of steps that each worker took one after the other. */
export interface ChainResult {
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
}

/** Lets workers take one step after the other for some seconds, where a step needs what the one before it brought. */
export const runChains = async <T>(
  starts: readonly T[],
  step: (current: T) => Promise<T>,
  seconds: number,
): Promise<ChainResult> => {
  const startedAt = performance.now();
  const end = startedAt + seconds * 1_000;
  const times: number[] = [];
  await Promise.all(
    starts.map(async (start) => {
      for (let current = start, now = performance.now(); now < end; ) {
        current = await step(current);
        const then = now;
        now = performance.now();
        times.push(now - then);
      }
    }),
  );
  times.sort((left, right) => left - right);
  const at = (share: number) => times[Math.floor(times.length * share)] ?? Number.NaN;
  return { perSecond: (times.length * 1_000) / (performance.now() - startedAt), p50Ms: at(0.5), p99Ms: at(0.99) };
};
