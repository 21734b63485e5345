/** Tells how many times each fingerprint has come. */
export interface Ordinals {
  /** Counts it, this time included. */
  next(fingerprint: Buffer): number;
  countOf(fingerprint: Buffer): number;
}

/** A table grows at once, and holds up the whole process meanwhile: many small ones do so one at a time, for a moment each. */
const tableCount = 256;

const capacityFirst = 32;

/**
 * Counts fingerprints in hash tables of plain numbers, as a map of a million strings would take a hundred times the
 * space. It goes by the first 64 bits; among the rows of one file, two different ones that share them are not to be feared.
 * The next byte says which table a fingerprint is in.
 */
export function countOrdinals(): Ordinals {
  const tables: Table[] = [];
  const tableOf = (fingerprint: Buffer): Table => {
    const index = (fingerprint[8] ?? 0) % tableCount;
    tables[index] ??= createTable();
    return tables[index];
  };
  // Zero marks a free slot.
  const keyOf = (fingerprint: Buffer): bigint => fingerprint.readBigUInt64LE(0) || 1n;
  return {
    next: (fingerprint) => tableOf(fingerprint).next(keyOf(fingerprint)),
    countOf: (fingerprint) => tableOf(fingerprint).countOf(keyOf(fingerprint)),
  };
}

type Table = ReturnType<typeof createTable>;

/** Counts keys. */
function createTable() {
  let keys = new BigUint64Array(capacityFirst);
  let counts = new Uint32Array(capacityFirst);
  let used = 0;

  function slotOf(key: bigint): number {
    const mask = keys.length - 1;
    let slot = Number(key & BigInt(mask));
    while (keys[slot] !== 0n && keys[slot] !== key) slot = (slot + 1) & mask;
    return slot;
  }

  function grow(): void {
    const [oldKeys, oldCounts] = [keys, counts];
    keys = new BigUint64Array(oldKeys.length * 2);
    counts = new Uint32Array(oldKeys.length * 2);
    for (const [index, key] of oldKeys.entries()) {
      if (key === 0n) continue;
      const slot = slotOf(key);
      keys[slot] = key;
      counts[slot] = oldCounts[index] ?? 0;
    }
  }

  return {
    next(key: bigint): number {
      const slot = slotOf(key);
      const count = (counts[slot] ?? 0) + 1;
      counts[slot] = count;
      if (keys[slot] === 0n) {
        keys[slot] = key;
        if (++used * 2 > keys.length) grow();
      }
      return count;
    },
    countOf: (key: bigint): number => counts[slotOf(key)] ?? 0,
  };
}
