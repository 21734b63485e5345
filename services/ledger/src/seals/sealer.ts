import { type Component, createOutageLog, type Logger, pause, runInCallScope, type TenantId } from '@outlay/platform';
import { createBackOff } from './back-off.ts';
import { sealAudit } from './seal-audit.ts';
import { batchSizeDefault, type SealingWork, sealJournal } from './seal-journal.ts';
import { findWaitingTenants } from './seal-store.ts';
import { watchLag } from './sealing-lag.ts';

/** How the sealer of a process works. */
export interface SealerOptions extends SealingWork {
  /** How often to look for entries when there were none; 500 unless set. */
  pollMs?: number;
  /** How long one step may take, from the first statement to the commit; 2,000 unless set. */
  stepTimeoutMs?: number;
  logger: Logger;
}

const tenantsAtOnce = 50;

/** A chain that cannot be lengthened is tried again this often at least. */
const restMsMax = 5 * 60_000;

/**
 * A batch of a chain that has a backlog, in usual ones: half the time an entry, and beside an import, which keeps the
 * process busy, far fewer waits for it. Larger ones gain nothing, and keep others waiting.
 */
const backlogFactor = 4;

/** What part of a usual batch a chain gets that has failed: with all of it, it might never have the time. */
const failedFactor = 1 / 8;

interface Chain {
  key: string;
  tenantId: TenantId;
  seal: typeof sealJournal;
}

/** What became of a chain's turn: `more` waits, nothing does or another process has it, or it has failed. */
type Turn = 'more' | 'done' | 'failed';

/**
 * Seals what is booked and what the audit trail says of it, half a second later or as fast as it can, in any number of
 * processes together. Tenants take turns, a batch of each chain, and with a backlog a large one right behind it, so that
 * nobody waits for the end of another's import. While the database is away it waits and tries.
 *
 * A chain that fails is tried again after longer and longer, with less at a time, and behind all others of the round until
 * one fails again: however many cannot be lengthened, a round waits for one of them, and no longer than a step may take.
 */
export function createSealer(options: SealerOptions): Component {
  const { database, logger, pollMs = 500, stepTimeoutMs = 2_000, batchSize = batchSizeDefault } = options;
  const stopping = new AbortController();
  const outage = createOutageLog({
    logger,
    failing: 'could not look for entries to be sealed',
    working: 'entries to be sealed are looked for again',
  });
  const lag = watchLag(database);
  const backOff = createBackOff({ firstMs: pollMs, mostMs: restMsMax });
  /** How much the chains get that have failed and go on since: twice as much each time, until it is a batch. */
  const sizes = new Map<string, number>();
  let running: Promise<void> | undefined;

  /** One turn for each chain that waits; answers whether more does, and whose chains have not come to their end. */
  async function goRound(): Promise<{ isMore: boolean; unsealed: ReadonlySet<TenantId> }> {
    let isMore = false;
    const failedBefore: Chain[] = [];
    const unsealed = new Set<TenantId>();
    let after: TenantId | undefined;
    do {
      const tenants = await findWaitingTenants(database, after, tenantsAtOnce);
      for (const chain of tenants.flatMap(chainsOf)) {
        if (stopping.signal.aborted) return { isMore: false, unsealed };
        const hasFailed = backOff.restedAt(chain.key) !== undefined;
        const turn = hasFailed ? 'failed' : await sealNext(chain);
        if (hasFailed) failedBefore.push(chain);
        if (turn === 'more') isMore = true;
        if (turn !== 'done') unsealed.add(chain.tenantId);
      }
      after = tenants.length === tenantsAtOnce ? tenants.at(-1) : undefined;
    } while (after !== undefined);
    if (await tryAgain(failedBefore)) isMore = true;
    return { isMore, unsealed };
  }

  /** Those that have rested longest first, so that each has its turn; answers whether more of any waits. */
  async function tryAgain(chains: readonly Chain[]): Promise<boolean> {
    let isMore = false;
    const restedAt = ({ key }: Chain) => backOff.restedAt(key) ?? 0;
    for (const chain of chains.toSorted((left, right) => restedAt(left) - restedAt(right))) {
      if (stopping.signal.aborted || backOff.isResting(chain.key)) break;
      const size = sizes.get(chain.key) ?? Math.ceil(batchSize * failedFactor);
      const turn = await sealNext(chain, size);
      sizes.delete(chain.key);
      if (turn === 'failed') break;
      if (turn !== 'more') continue;
      isMore = true;
      if (size * 2 < batchSize) sizes.set(chain.key, size * 2);
      else backOff.succeeded(chain.key);
    }
    return isMore;
  }

  async function sealNext(chain: Chain, size = batchSize): Promise<Turn> {
    try {
      const sealed = await step(chain, size);
      if (sealed === 'busy') return 'done';
      if (sealed < size) {
        backOff.succeeded(chain.key);
        return 'done';
      }
      if (size < batchSize || stopping.signal.aborted) return 'more';
      const large = batchSize * backlogFactor;
      const more = await step(chain, large);
      return more !== 'busy' && more >= large ? 'more' : 'done';
    } catch (error) {
      // What stops one chain must not stop the others.
      backOff.failed(chain.key);
      const fields = { error, tenant_id: chain.tenantId, sealing: chain.seal.name };
      logger.warn(fields, 'entries could not be sealed, it is tried again');
      return 'failed';
    }
  }

  const inTime = <T>(work: () => Promise<T>): Promise<T> =>
    runInCallScope({ deadlineAt: Date.now() + stepTimeoutMs }, work);

  const step = ({ seal, tenantId }: Chain, size: number): Promise<number | 'busy'> =>
    inTime(() => seal({ ...options, batchSize: size }, tenantId));

  async function work(): Promise<void> {
    const stopped = new Promise<void>((resolve) => {
      stopping.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    while (!stopping.signal.aborted) {
      let isMore = false;
      try {
        const beganAt = performance.now();
        const round = await goRound();
        isMore = round.isMore;
        await inTime(() => lag.measure(round.unsealed, beganAt));
        outage.worked();
      } catch (error) {
        outage.failed(error);
      }
      if (!isMore) await Promise.race([pause(pollMs), stopped]);
    }
  }

  return {
    async start() {
      running = work();
    },
    async stop() {
      stopping.abort();
      await running;
      lag.stop();
    },
  };
}

const chainsOf = (tenantId: TenantId): Chain[] =>
  [sealJournal, sealAudit].map((seal) => ({ key: `${seal.name} ${tenantId}`, tenantId, seal }));
