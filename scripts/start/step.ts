/** Does one step of the start and says, when it is done, what is now so and how long it took. */
export async function step<T>(says: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await work();
  console.log(`  ${says} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  return result;
}
