import { type Database, nilId, type Session, type TenantId } from '@outlay/platform';
import { z } from 'zod';
import { type Metric, metrics } from '../domain/plan-limit.ts';

/** Has the tenant's usage told of, once the session's transaction has committed. */
export async function markUsageChanged(session: Session): Promise<void> {
  await session.query({ name: 'mark_usage_changed', text: 'insert into usage_changes (tenant_id) values ($1)' }, [
    session.tenantId,
  ]);
}

/**
 * Tenants whose usage is to be told now, behind `after` in the order of their ids: it has changed and was not told within
 * the last `gapMs`, or a limit was reached. A few index lookups for each that waits.
 */
export async function findDueTenants(
  database: Pick<Database, 'withSystem'>,
  after: TenantId | undefined,
  { gapMs, limit }: { gapMs: number; limit: number },
): Promise<{ tenantId: TenantId; isDue: boolean }[]> {
  const { rows } = await database.withSystem((session) =>
    session.query<{ tenant_id: TenantId; is_due: boolean }>(dueTenantsStatement, [after ?? nilId, limit, gapMs]),
  );
  return rows.map((row) => ({ tenantId: row.tenant_id, isDue: row.is_due }));
}

const dueTenantsStatement = {
  name: 'find_due_tenants',
  text: `
with recursive waiting as (
  (
    select changes.tenant_id, 1 as position from usage_changes as changes
    where changes.tenant_id > $1 order by changes.tenant_id limit 1
  )
  union all
  select next.tenant_id, waiting.position + 1
  from waiting
  cross join lateral (
    select changes.tenant_id from usage_changes as changes
    where changes.tenant_id > waiting.tenant_id order by changes.tenant_id limit 1
  ) as next
  where waiting.position < $2
)
select waiting.tenant_id,
  not exists (
    select from usage_reports as report
    where report.tenant_id = waiting.tenant_id and report.reported_at > now() - $3 * interval '1 millisecond'
  )
  or exists (
    select from usage_changes as changes
    where changes.tenant_id = waiting.tenant_id and changes.has_crossing
  ) as is_due
from waiting
order by waiting.position`,
};

/** A limit that was reached, as the counting noted it. */
export type Crossing = z.output<typeof crossing>;

const crossing = z.object({
  metric: z.enum(metrics),
  scope_id: z.string(),
  limit: z.int().transform(BigInt),
  mode: z.enum(['soft', 'hard']),
  used: z.int().transform(BigInt),
  crossed_at: z.coerce.date(),
});

/** Takes the telling of the tenant's usage for the session's transaction; undefined while another process has it. */
export async function takeReport(session: Session): Promise<{ version: bigint } | undefined> {
  await session.query(
    { name: 'make_usage_report', text: 'insert into usage_reports (tenant_id) values ($1) on conflict do nothing' },
    [session.tenantId],
  );
  const { rows } = await session.query<{ version: bigint }>(
    {
      name: 'take_usage_report',
      text: `
select report.version from usage_reports as report where report.tenant_id = $1 for no key update skip locked`,
    },
    [session.tenantId],
  );
  return rows[0];
}

/** Takes away what was noted of the tenant's usage. What it led to is committed, and seen by every later statement. */
export async function takeChanges(session: Session): Promise<{ count: number; crossings: Crossing[] }> {
  const { rows } = await session.query<{ crossing: unknown }>(
    {
      name: 'take_usage_changes',
      text: 'delete from usage_changes where usage_changes.tenant_id = $1 returning usage_changes.crossing',
    },
    [session.tenantId],
  );
  return { count: rows.length, crossings: rows.flatMap((row) => (row.crossing ? [crossing.parse(row.crossing)] : [])) };
}

/** How much of a metric a tenant uses; of those that count by project, the project with the most. */
export interface Usage {
  metric: Metric;
  scope_id: string;
  used: bigint;
  /** Whether a counter of the metric does not know yet that another plan has moved its limit. */
  is_unsettled: boolean;
}

/** How much of each metric the tenant uses now: what there is, without what imports have reserved and not made yet. */
export async function readUsage(session: Session): Promise<Usage[]> {
  const { rows } = await session.query<Usage>(usageStatement, [session.tenantId]);
  return rows;
}

const usageStatement = {
  name: 'read_usage',
  text: `
select distinct on (totals.metric) totals.metric, totals.scope_id,
  totals.used - coalesce(reserved.places, 0) as used,
  bool_or(totals.is_reached <> is_limit_reached(totals.used, limits.plan_limit, limits.is_soft))
    over (partition by totals.metric) as is_unsettled
from (
  select counters.metric, counters.scope_id, sum(counters.used)::bigint as used,
    bool_or(counters.is_reached) as is_reached
  from usage_counters as counters
  where counters.tenant_id = $1
  group by counters.metric, counters.scope_id
) as totals
join plan_limits($1) as limits on limits.metric = totals.metric
left join (
  select reservations.metric, reservations.scope_id, sum(reservations.places)::bigint as places
  from usage_reservations as reservations
  where reservations.tenant_id = $1
  group by reservations.metric, reservations.scope_id
) as reserved on reserved.metric = totals.metric and reserved.scope_id = totals.scope_id
order by totals.metric, totals.used - coalesce(reserved.places, 0) desc, totals.scope_id`,
};

/** Each is some half a millisecond; while they are settled nobody can count there. */
const settledAtOnce = 50;

/** In a turn, so that the usage of others is told in between. */
const settledMax = 1_000;

/**
 * Has the tenant's counters of a metric know that another plan has moved their limit. Those that are at it by that note it
 * for the telling. Fifty in a transaction, and no more than a thousand: what is left is settled the next time.
 */
export async function settleCounters(
  database: Pick<Database, 'withTenant'>,
  tenantId: TenantId,
  metric: Metric,
): Promise<void> {
  const settle = (from: string) =>
    database.withTenant({ tenantId }, async (session) => {
      const { rows } = await session.query<{ next: string | null }>(settleStatement, [
        ...[tenantId, metric, from, settledAtOnce],
      ]);
      return rows[0]?.next ?? undefined;
    });
  let from: string | undefined = nilId;
  for (let settled = 0; from !== undefined && settled < settledMax; settled += settledAtOnce) from = await settle(from);
}

const settleStatement = { name: 'settle_counters', text: 'select settle_counters($1, $2, $3, $4) as next' };

/** Notes that the tenant's usage was told, up to this version. */
export async function closeReport(session: Session, version: bigint): Promise<void> {
  await session.query(
    {
      name: 'close_usage_report',
      text: 'update usage_reports set version = $2, reported_at = now() where usage_reports.tenant_id = $1',
    },
    [session.tenantId, version],
  );
}
