import { nilId, type Session, type TenantId } from '@outlay/platform';
import { z } from 'zod';
import { planLimitReached } from '../domain/plan-limit.ts';
import type { LimitBreach } from './survey.ts';

/** How many of each a file would add. */
export type WantedUse = Readonly<Record<'projects' | 'accounts' | 'expenses_total', number>>;

/** A hard limit of the plan, and how much of it is used. */
interface HardLimit {
  metric: keyof WantedUse;
  limit: number;
  used: number;
}

/** The hard limits that a file can break, as a relation `limits`; the tenant is $1. Of a plan that is not known yet there are none. */
export const hardLimits = `(
  select limits.metric, limits.plan_limit
  from plan_limits($1) as limits
  where limits.metric in ('accounts', 'expenses_total', 'projects') and limits.plan_limit is not null
    and not limits.is_soft
) as limits`;

/** The hard limits that a file can break, and how much of them is used, by imports that have reserved it too. */
export async function findHardLimits(session: Session, context: { tenantId: TenantId }): Promise<HardLimit[]> {
  const { rows } = await session.query(
    {
      name: 'find_hard_limits',
      text: `
select limits.metric, limits.plan_limit::float8 as limit,
  (
    select coalesce(sum(counters.used), 0)::float8 from usage_counters as counters
    where counters.tenant_id = $1 and counters.metric = limits.metric
      and counters.scope_id = '${nilId}'
  ) as used
from ${hardLimits}
order by limits.metric`,
    },
    [context.tenantId],
  );
  return z.array(hardLimit).parse(rows);
}

const hardLimit = z.object({
  metric: z.enum(['projects', 'accounts', 'expenses_total']),
  limit: z.number(),
  used: z.number(),
});

/** Which of the limits so many more would break. */
export const breachesOf = (limits: readonly HardLimit[], wanted: WantedUse): LimitBreach[] =>
  limits.flatMap(({ metric, limit, used }) =>
    wanted[metric] > 0 && used + wanted[metric] > limit ? [{ metric, limit, used, wanted: wanted[metric] }] : [],
  );

/** Why a file is not booked, in the words in which any refusal of the plan is put. */
export function describeBreaches(breaches: readonly LimitBreach[]): string {
  const refusals = breaches.map(({ metric, limit, used, wanted }) => {
    const use = { metric: metric as HardLimit['metric'], limit: BigInt(limit), used: BigInt(used), scopeId: undefined };
    return planLimitReached(use, BigInt(wanted)).message;
  });
  const remedy = breaches.some(({ metric }) => metric !== 'expenses_total')
    ? '. Leave their columns out by a mapping, or change the plan'
    : '. Change the plan, or import less';
  return refusals.join('. ') + remedy;
}
