/** Tells how many times each fingerprint has come, this time included. */
export type CountOrdinal = (fingerprint: Buffer) => number;

const capacityFirst = 4_096;

/**
 * Counts fingerprints in a hash table of plain numbers, as a map of a million strings would take a hundred times the
 * space. It goes by the first 64 bits; among the rows of one file, two different ones that share them are not to be feared.
 */
export function countOrdinals(): CountOrdinal {
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

  return (fingerprint) => {
    // Zero marks a free slot.
    const key = fingerprint.readBigUInt64LE(0) || 1n;
    const slot = slotOf(key);
    const count = (counts[slot] ?? 0) + 1;
    counts[slot] = count;
    if (keys[slot] === 0n) {
      keys[slot] = key;
      if (++used * 2 > keys.length) grow();
    }
    return count;
  };
}
