/**
 * Turns work that gives items as it goes into something to iterate. `give` resolves when its item was taken and the next
 * one is wanted, so work is never ahead of its consumer; when the consumer stops early, `give` rejects and work ends.
 */
export async function* streamFrom<T>(work: (give: (item: T) => Promise<void>) => Promise<void>): AsyncGenerator<T> {
  let offered = promise<{ item: T } | undefined>();
  let taken = promise<void>();
  const working = work(async (item) => {
    offered.resolve({ item });
    await taken.promise;
  }).then(
    () => offered.resolve(undefined),
    (error: unknown) => offered.reject(error),
  );
  try {
    for (let next = await offered.promise; next !== undefined; next = await offered.promise) {
      yield next.item;
      const goOn = taken.resolve;
      offered = promise();
      taken = promise();
      goOn();
    }
  } finally {
    taken.reject(new Error('The consumer of a stream has gone'));
    await working;
  }
}

/** One whose rejection nobody has to await: the other side may have gone. */
function promise<T>(): PromiseWithResolvers<T> {
  const made = Promise.withResolvers<T>();
  made.promise.catch(() => undefined);
  return made;
}
