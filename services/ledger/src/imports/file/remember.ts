/** Texts are remembered up to this many, then all are forgotten: a column with more different ones gains little. */
const rememberedMax = 10_000;

/** The same function of a text, which answers what it answered before without working it out again. Files repeat themselves. */
export function remember<T>(work: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const result = work(text);
    if (known.size >= rememberedMax) known.clear();
    known.set(text, result);
    return result;
  };
}
