import { nilId, type Session, type TenantId } from '@outlay/platform';
import { z } from 'zod';
import type { Metric } from '../domain/plan-limit.ts';
import { type LimitBreach, namesShown } from './survey.ts';

/** How many of each a file would add: of expenses in projects, to all of them together. */
export type WantedUse = Readonly<Record<Metric, number>>;

/** The same for the tenant as a whole. */
export type MadeUse = Readonly<Record<TenantMetric, number>>;

type TenantMetric = Exclude<Metric, 'expenses_per_project'>;

/** A limit of the plan, and how much of it is used. */
interface PlanLimit {
  metric: TenantMetric;
  limit: number;
  used: number;
}

/** Nothing goes beyond a hard limit; what goes beyond a soft one is let through, and whoever does so is told. */
export type LimitMode = 'hard' | 'soft';

/** The limits that a file can go beyond, as a relation `limits`; the tenant is $1. Of a plan that is not known yet there are none. */
export const limitsThatAre = (mode: LimitMode): string => `(
  select limits.metric, limits.plan_limit
  from plan_limits($1) as limits
  where limits.plan_limit is not null and ${mode === 'soft' ? 'limits.is_soft' : 'not limits.is_soft'}
) as limits`;

/** Whether there is any hard limit. */
export async function hasHardLimits(session: Session, context: { tenantId: TenantId }): Promise<boolean> {
  const { rowCount } = await session.query(
    { name: 'has_hard_limits', text: `select from ${limitsThatAre('hard')} limit 1` },
    [context.tenantId],
  );
  return rowCount === 1;
}

/** The limits of the tenant as a whole, and how much of them is used, by imports that have reserved it too. */
export async function findLimits(
  session: Session,
  context: { tenantId: TenantId },
  mode: LimitMode,
): Promise<PlanLimit[]> {
  const { rows } = await session.query(
    {
      name: `find_${mode}_limits`,
      text: `
select limits.metric, limits.plan_limit::float8 as limit,
  (
    select coalesce(sum(counters.used), 0)::float8 from usage_counters as counters
    where counters.tenant_id = $1 and counters.metric = limits.metric
      and counters.scope_id = '${nilId}'
  ) as used
from ${limitsThatAre(mode)}
where limits.metric <> 'expenses_per_project'
order by limits.metric`,
    },
    [context.tenantId],
  );
  return z.array(planLimit).parse(rows);
}

const planLimit = z.object({
  metric: z.enum(['projects', 'accounts', 'expenses_total']),
  limit: z.number(),
  used: z.number(),
});

/** Which of the limits so many more would go beyond. */
export const breachesOf = (limits: readonly PlanLimit[], wanted: MadeUse): LimitBreach[] =>
  limits.flatMap(({ metric, limit, used }) =>
    wanted[metric] > 0 && used + wanted[metric] > limit ? [{ metric, limit, used, wanted: wanted[metric] }] : [],
  );

/** The projects that would get more expenses than a limit allows, as the rows were seen; those first that lack most. */
export async function findProjectBreaches(
  session: Session,
  context: { tenantId: TenantId },
  importId: string,
  mode: LimitMode,
): Promise<LimitBreach[]> {
  const { rows } = await session.query<LimitBreach>(projectBreachesStatement(mode), [
    ...[context.tenantId, importId, namesShown],
  ]);
  return rows;
}

const projectBreachesStatement = (mode: LimitMode) => ({
  name: `find_${mode}_project_breaches`,
  text: `
select limits.metric, wanted.project, limits.plan_limit::float8 as limit, taken.used::float8 as used,
  wanted.expenses::float8 as wanted
from ${limitsThatAre(mode)}
cross join (
  select counted.project, sum(counted.expenses::bigint) as expenses
  from import_looks as looks
  cross join lateral jsonb_each_text(looks.projects) as counted (project, expenses)
  where looks.tenant_id = $1 and looks.import_id = $2
  group by counted.project
) as wanted
cross join lateral (
  select coalesce(sum(counters.used), 0) as used
  from projects
  join usage_counters as counters
    on counters.tenant_id = projects.tenant_id and counters.metric = 'expenses_per_project'
    and counters.scope_id = projects.id
  where projects.tenant_id = $1 and projects.name = wanted.project and projects.archived_at is null
) as taken
where limits.metric = 'expenses_per_project' and taken.used + wanted.expenses > limits.plan_limit
order by taken.used + wanted.expenses desc, wanted.project
limit $3`,
});
