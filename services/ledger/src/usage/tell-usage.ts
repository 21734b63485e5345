import { enqueueEvents, type OutgoingEvent } from '@outlay/messaging';
import { type Clock, type Database, newId, nilId, type TenantId } from '@outlay/platform';
import type { Metric } from '../domain/plan-limit.ts';
import {
  type Crossing,
  closeReport,
  markUsageChanged,
  readUsage,
  settleCounters,
  takeChanges,
  takeReport,
} from './usage-store.ts';

/**
 * Tells the world what a tenant uses, where that has changed: outlay.ledger.usage.changed.v1 with all counts, and
 * outlay.ledger.plan_limit.reached.v1 for each limit that was reached since. What was noted is taken away in the
 * transaction that tells of it, so each crossing is told once, whatever crashes. The versions of a tenant's events grow:
 * the highest has the newest counts. What is at its limit by another plan alone is told the next time.
 */
export async function tellUsage(
  { database, clock }: { database: Pick<Database, 'withTenant'>; clock: Clock },
  tenantId: TenantId,
): Promise<void> {
  for (const metric of await tell({ database, clock }, tenantId)) await settleCounters(database, tenantId, metric);
}

/** Answers the metrics of which counters are to be settled, after the transaction that tells: both lock much. */
function tell(
  { database, clock }: { database: Pick<Database, 'withTenant'>; clock: Clock },
  tenantId: TenantId,
): Promise<Metric[]> {
  return database.withTenant({ tenantId }, async (session) => {
    const report = await takeReport(session);
    if (report === undefined) return [];
    const { count, crossings } = await takeChanges(session);
    if (count === 0) return [];
    const usage = await readUsage(session);
    const reached = crossings.map((crossing, index) =>
      reachedEvent(tenantId, crossing, report.version + BigInt(index) + 1n),
    );
    const version = report.version + BigInt(crossings.length) + 1n;
    await enqueueEvents(session, { requestId: newId() }, [
      ...reached,
      {
        type: 'outlay.ledger.usage.changed.v1',
        tenantId,
        subject: tenantId,
        aggregateVersion: version,
        data: {
          usage: usage.map(({ metric, used, scope_id }) => ({ metric, used, scopeId: scopeOf(scope_id) })),
          countedAt: clock(),
        },
      },
    ]);
    await closeReport(session, version);
    const unsettled = usage.filter(({ is_unsettled }) => is_unsettled);
    // Whoever comes next sees to it once more: this process may be gone before it has.
    if (unsettled.length > 0) await markUsageChanged(session);
    return unsettled.map(({ metric }) => metric);
  });
}

const reachedEvent = (
  tenantId: TenantId,
  { metric, scope_id, limit, mode, used, crossed_at }: Crossing,
  aggregateVersion: bigint,
): OutgoingEvent<'outlay.ledger.plan_limit.reached.v1'> => ({
  type: 'outlay.ledger.plan_limit.reached.v1',
  tenantId,
  subject: tenantId,
  aggregateVersion,
  data: { metric, scopeId: scopeOf(scope_id), limit, mode, used, reachedAt: crossed_at },
});

/** In the counters, the nil id stands for the tenant as a whole. */
const scopeOf = (scopeId: string): string => (scopeId === nilId ? '' : scopeId);
