import { createTurns, type Turns } from '../lifecycle/turns.ts';

/** What one tenant may have a service do at once. */
export interface TenantShare {
  /** Of how many RPCs at once, of those with one request and one answer, each tenant has its share. */
  total: number;
  /** RPCs of one tenant that are heavy. */
  heavyAtOnce: number;
  /** Which requests are heavy, by the names of their RPCs. */
  heavy: Readonly<Record<string, (request: never) => boolean>>;
}

/** Lets RPCs of one tenant wait for each other, and for nobody else's. */
export interface TenantTurns {
  /** Works on an RPC when it is its turn. Throws unavailable `overloaded` where too many of its tenant's wait, or it has waited too long. */
  inTurn<T>(tenantId: string, isHeavy: boolean, work: () => Promise<T>): Promise<T>;
}

interface Lane {
  readonly all: Turns;
  readonly heavy: Turns;
  count: number;
}

/** Well within what callers wait: being told to come back is better than hearing nothing. */
const waitMaxMs = 1_500;

/**
 * Makes the turns of all tenants. One that is alone has all but an eighth, which is for who may come; of several each has
 * its share, counting one that is yet to come, and a quarter at least: most of them seldom ask for more than one thing at once.
 */
export function createTenantTurns(share: TenantShare & { waitingMax: number }): TenantTurns {
  const { total, heavyAtOnce, waitingMax } = share;
  const lanes = new Map<string, Lane>();

  function atOnce(): number {
    if (lanes.size <= 1) return Math.max(1, total - Math.ceil(total / 8));
    return Math.max(1, Math.floor(total / Math.min(4, lanes.size + 1)));
  }

  function laneOf(tenantId: string): Lane {
    const known = lanes.get(tenantId);
    if (known) return known;
    const bounds = { waitingMax, waitMaxMs };
    const lane = {
      all: createTurns({ atOnce, ...bounds }),
      heavy: createTurns({ atOnce: heavyAtOnce, ...bounds }),
      count: 0,
    };
    lanes.set(tenantId, lane);
    return lane;
  }

  return {
    async inTurn(tenantId, isHeavy, work) {
      const lane = laneOf(tenantId);
      lane.count += 1;
      try {
        const inTurn = () => lane.all.inTurn(work);
        return await (isHeavy ? lane.heavy.inTurn(inTurn) : inTurn());
      } finally {
        lane.count -= 1;
        if (lane.count === 0) lanes.delete(tenantId);
      }
    },
  };
}
