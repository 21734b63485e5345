/**
 * Runs what is made of each item, `atOnce` at a time, and takes the next item while they run. `prepare` is called for one
 * item after the other and may throw to end it. When something fails, what runs is waited for and the first failure thrown.
 */
export async function runAhead<T>(
  items: AsyncGenerator<T>,
  atOnce: number,
  prepare: (item: T) => Promise<() => Promise<unknown>>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  try {
    for await (const item of items) {
      if (running.size >= atOnce) await Promise.race(running);
      if (failures.length > 0) break;
      const run = await prepare(item);
      const ran = run()
        .then(
          () => undefined,
          (error: unknown) => void failures.push(error),
        )
        .finally(() => running.delete(ran));
      running.add(ran);
    }
  } finally {
    await Promise.all(running);
  }
  if (failures.length > 0) throw failures[0];
}

/** The same items, at least one of them, until somebody else's turn has come; `end` is told so before the last one ends. */
export async function* untilTurnIsOver<T>(
  items: AsyncGenerator<T>,
  isOver: () => Promise<boolean>,
  end: () => void,
): AsyncGenerator<T> {
  for await (const item of items) {
    yield item;
    if (!(await isOver())) continue;
    end();
    return;
  }
}
