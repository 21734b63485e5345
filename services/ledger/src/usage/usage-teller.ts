import {
  type Clock,
  type Component,
  createOutageLog,
  type Database,
  type Logger,
  pause,
  type TenantId,
} from '@outlay/platform';
import { tellUsage } from './tell-usage.ts';
import { findDueTenants } from './usage-store.ts';

/** How the usage of tenants is told. */
export interface UsageTellerOptions {
  database: Pick<Database, 'withTenant' | 'withSystem'>;
  clock: Clock;
  logger: Logger;
  /** How often to look; 500 unless set. */
  pollMs?: number;
  /** A tenant whose usage goes on changing is told of no more often than this; 2,000 unless set. */
  gapMs?: number;
}

const tenantsAtOnce = 200;

/**
 * Tells what tenants use when it has changed, in any number of processes together: a tenant's at most every two seconds,
 * and at once when a limit was reached. While the database is away it waits and tries.
 */
export function createUsageTeller(options: UsageTellerOptions): Component {
  const { database, logger, pollMs = 500, gapMs = 2_000 } = options;
  const stopping = new AbortController();
  const outage = createOutageLog({
    logger,
    failing: 'could not look for usage that has changed',
    working: 'usage that has changed is looked for again',
  });
  let running: Promise<void> | undefined;

  async function goRound(): Promise<void> {
    let after: TenantId | undefined;
    do {
      const waiting = await findDueTenants(database, after, { gapMs, limit: tenantsAtOnce });
      for (const { tenantId, isDue } of waiting) {
        if (stopping.signal.aborted) return;
        if (isDue) await tell(tenantId);
      }
      after = waiting.length === tenantsAtOnce ? waiting.at(-1)?.tenantId : undefined;
    } while (after !== undefined);
  }

  async function tell(tenantId: TenantId): Promise<void> {
    await tellUsage(options, tenantId).catch((error: unknown) => {
      // What stops one tenant must not stop the others.
      logger.warn({ error, tenant_id: tenantId }, 'usage could not be told, it is tried again');
    });
  }

  async function work(): Promise<void> {
    const stopped = new Promise<void>((resolve) => {
      stopping.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    while (!stopping.signal.aborted) {
      await goRound().then(outage.worked, outage.failed);
      await Promise.race([pause(pollMs), stopped]);
    }
  }

  return {
    async start() {
      running = work();
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
