/**
 * Turns work that gives items as it goes into something to iterate. `give` resolves when its item was taken and the next
 * one is wanted, so work is never ahead of its consumer; when the consumer stops early, `give` rejects and work ends.
 */
export async function* streamFrom<T>(work: (give: (item: T) => Promise<void>) => Promise<void>): AsyncGenerator<T> {
  let offered = Promise.withResolvers<{ item: T } | undefined>();
  let taken = Promise.withResolvers<void>();
  const working = work(async (item) => {
    offered.resolve({ item });
    await taken.promise;
  }).then(
    () => offered.resolve(undefined),
    (error: unknown) => offered.reject(error),
  );
  // Rejections are seen by whoever awaits them below; without this a consumer that is late would end the process.
  offered.promise.catch(() => undefined);
  try {
    for (let next = await offered.promise; next !== undefined; next = await offered.promise) {
      yield next.item;
      offered = Promise.withResolvers();
      offered.promise.catch(() => undefined);
      const done = taken;
      taken = Promise.withResolvers();
      taken.promise.catch(() => undefined);
      done.resolve();
    }
  } finally {
    taken.promise.catch(() => undefined);
    taken.reject(new Error('The consumer of a stream has gone'));
    offered.promise.catch(() => undefined);
    await working;
  }
}
