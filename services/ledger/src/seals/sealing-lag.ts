import { type Database, Gauge, metrics, type TenantId } from '@outlay/platform';
import { readOldestAgeSeconds } from './seal-store.ts';

/** How far behind the sealing of a process is. */
export interface SealingLag {
  /**
   * After a round that began at the given instant of `performance.now()`: what the given tenants have written may lack its
   * seal, and all that was there before of others has one.
   */
  measure(unsealed: ReadonlySet<TenantId>, beganAt: number): Promise<void>;
  stop(): void;
}

/** Of each sealer at work the instant before which nothing waits for its seal, as far as it knows. */
const sealedUntil = new Map<object, number>();

new Gauge({
  name: 'ledger_oldest_unsealed_age_seconds',
  help: 'Age of the oldest entry that waits for its seal; where none does, time since the last look',
  registers: [metrics],
  collect() {
    const now = performance.now();
    this.set((now - Math.min(now, ...sealedUntil.values())) / 1_000);
  },
});

const measureEveryMs = 5_000;

/** With more than these, those that come first by their ids tell well enough that something is wrong. */
const measuredMax = 100;

/**
 * Shows in the metrics how far behind sealing is. The age is worked out whenever it is asked for: it grows too where nobody
 * can look any more.
 */
export function watchLag(database: Pick<Database, 'withTenant'>): SealingLag {
  const sealer = {};
  let measuredAt = Number.NEGATIVE_INFINITY;
  sealedUntil.set(sealer, performance.now());
  return {
    async measure(unsealed, beganAt) {
      if (unsealed.size > 0 && performance.now() - measuredAt < measureEveryMs) return;
      measuredAt = performance.now();
      let until = beganAt;
      for (const tenantId of [...unsealed].slice(0, measuredMax)) {
        const ageSeconds = await database.withTenant({ tenantId }, readOldestAgeSeconds, { readOnly: true });
        until = Math.min(until, performance.now() - ageSeconds * 1_000);
      }
      sealedUntil.set(sealer, until);
    },
    stop: () => {
      sealedUntil.delete(sealer);
    },
  };
}
