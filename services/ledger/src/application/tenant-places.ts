import { unavailable } from '@outlay/platform';

/** Lets so much work of one tenant run at once in this process. Nobody waits: what finds no place is refused. */
export interface TenantPlaces {
  /** A place until it is released. Throws unavailable `overloaded` at once where the tenant, or everybody, has none left. */
  enter(tenantId: string): () => void;
  /** Runs work that has a place; throws as above, with nothing done. */
  within<T>(tenantId: string, work: () => Promise<T>): Promise<T>;
}

/**
 * Bounds heavy work of each tenant, and of all together. A queue in front of it would only have the requests at its end run
 * out of time, and of those whose time runs out while they work nobody is told what became of them.
 */
export function createTenantPlaces(max: { ofTenant: number; total?: number }): TenantPlaces {
  const { ofTenant, total = Number.POSITIVE_INFINITY } = max;
  const taken = new Map<string, number>();
  let count = 0;

  function enter(tenantId: string): () => void {
    const before = taken.get(tenantId) ?? 0;
    if (count >= total || before >= ofTenant) {
      throw unavailable('overloaded', 'Too much is going on; come back in a moment');
    }
    count += 1;
    taken.set(tenantId, before + 1);
    return () => {
      count -= 1;
      const left = (taken.get(tenantId) ?? 1) - 1;
      if (left > 0) taken.set(tenantId, left);
      else taken.delete(tenantId);
    };
  }

  return {
    enter,
    async within(tenantId, work) {
      const leave = enter(tenantId);
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
}
