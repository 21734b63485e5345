import { type Component, type Logger, pause, type TenantId } from '@outlay/platform';
import { createBackOff } from './back-off.ts';
import { sealAudit } from './seal-audit.ts';
import { batchSizeDefault, type SealingWork, sealJournal } from './seal-journal.ts';
import { findWaitingTenants } from './seal-store.ts';

/** How the sealer of a process works. */
export interface SealerOptions extends SealingWork {
  /** How often to look for entries when there were none; 500 unless set. */
  pollMs?: number;
  logger: Logger;
}

const tenantsAtOnce = 50;

/** A chain that cannot be lengthened is tried again this often at least. */
const restMsMax = 60_000;

/**
 * A batch of a chain that has a backlog, in usual ones: half the time an entry, and beside an import, which keeps the
 * process busy, far fewer waits for it. Larger ones gain nothing, and keep others waiting.
 */
const backlogFactor = 4;

/**
 * Seals what is booked and what the audit trail says of it, half a second later or as fast as it can, in any number of
 * processes together. Tenants take turns, a batch of each chain, and with a backlog a large one right behind it, so that nobody waits for the end of another's import. While
 * the database is away it waits and tries. A chain that fails is tried again after longer and longer, as each time may take as
 * long as a statement may, for which the others wait.
 */
export function createSealer(options: SealerOptions): Component {
  const { database, logger, pollMs = 500, batchSize = batchSizeDefault } = options;
  const stopping = new AbortController();
  const backOff = createBackOff({ firstMs: pollMs, mostMs: restMsMax });
  let running: Promise<void> | undefined;

  /** One turn for each tenant that waits; answers how many entries were sealed. */
  async function goRound(): Promise<number> {
    let sealed = 0;
    let after: TenantId | undefined;
    do {
      const tenants = await findWaitingTenants(database, after, tenantsAtOnce);
      for (const tenantId of tenants) {
        if (stopping.signal.aborted) return 0;
        sealed += await sealFor(tenantId);
      }
      after = tenants.length === tenantsAtOnce ? tenants.at(-1) : undefined;
    } while (after !== undefined);
    return sealed;
  }

  async function sealFor(tenantId: TenantId): Promise<number> {
    const entries = await sealChain(sealJournal, tenantId);
    return entries + (await sealChain(sealAudit, tenantId));
  }

  async function sealChain(seal: typeof sealJournal, tenantId: TenantId): Promise<number> {
    const chain = `${seal.name} ${tenantId}`;
    if (backOff.isResting(chain)) return 0;
    try {
      const sealed = await seal(options, tenantId);
      if (sealed === 'busy') return 0;
      backOff.succeeded(chain);
      if (sealed < batchSize || stopping.signal.aborted) return sealed;
      const more = await seal({ ...options, batchSize: batchSize * backlogFactor }, tenantId);
      return more === 'busy' ? sealed : sealed + more;
    } catch (error) {
      // What stops one chain must not stop the others.
      backOff.failed(chain);
      logger.warn({ error, tenant_id: tenantId, sealing: seal.name }, 'entries could not be sealed, it is tried again');
      return 0;
    }
  }

  async function work(): Promise<void> {
    const stopped = new Promise<void>((resolve) => {
      stopping.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    while (!stopping.signal.aborted) {
      const sealed = await goRound().catch((error: unknown) => {
        logger.debug({ error }, 'could not look for entries to be sealed');
        return 0;
      });
      if (sealed < batchSize) await Promise.race([pause(pollMs), stopped]);
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
