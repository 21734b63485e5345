import type { Session, TenantId } from '@outlay/platform';
import { z } from 'zod';
import { breachesOf, findLimits, limitsThatAre } from './import-limits.ts';
import type { ImportState } from './import-state.ts';
import { type LimitBreach, namesShown } from './survey.ts';

/**
 * The soft limits that an import has gone beyond, now that all of its rows are booked: of the tenant as a whole, and of the
 * projects it has booked to, those first that are above by most. What is used is without what it has added itself.
 */
export async function findExceeded(
  session: Session,
  context: { tenantId: TenantId },
  { id: importId, imported }: Pick<ImportState, 'id' | 'imported'>,
): Promise<LimitBreach[]> {
  if (imported === 0) return [];
  const limits = await findLimits(session, context, 'soft');
  const made = limits.length === 0 ? { accounts: 0, projects: 0 } : await countMade(session, context, importId);
  const wanted = { ...made, expenses_total: imported };
  const before = limits.map((limit) => ({ ...limit, used: limit.used - wanted[limit.metric] }));
  return [...breachesOf(before, wanted), ...(await findExceededProjects(session, context, importId))];
}

async function countMade(
  session: Session,
  context: { tenantId: TenantId },
  importId: string,
): Promise<{ accounts: number; projects: number }> {
  const { rows } = await session.query<{ accounts: number; projects: number }>(
    {
      name: 'count_made_by_import',
      text: `
select count(*) filter (where made.kind = 'account')::int as accounts,
  count(*) filter (where made.kind = 'project')::int as projects
from import_made as made
where made.tenant_id = $1 and made.import_id = $2`,
    },
    [context.tenantId, importId],
  );
  return rows[0] ?? { accounts: 0, projects: 0 };
}

async function findExceededProjects(
  session: Session,
  context: { tenantId: TenantId },
  importId: string,
): Promise<LimitBreach[]> {
  const { rows } = await session.query(exceededProjectsStatement, [context.tenantId, importId, namesShown]);
  return z.array(exceeded).parse(rows);
}

const exceeded = z.object({
  ...{ metric: z.literal('expenses_per_project'), project: z.string() },
  ...{ limit: z.number(), used: z.number(), wanted: z.number() },
});

// The expenses of the import are counted once, and not at all where the plan has no such limit.
const exceededProjectsStatement = {
  name: 'find_exceeded_projects',
  text: `
select limits.metric, projects.name as project, limits.plan_limit::float8 as limit,
  (taken.used - booked.expenses)::float8 as used, booked.expenses::float8 as wanted
from ${limitsThatAre('soft')}
cross join lateral (
  select expenses.project_id, count(*) as expenses
  from expenses
  where limits.metric = 'expenses_per_project' and expenses.tenant_id = $1 and expenses.import_id = $2
    and expenses.status = 'posted' and expenses.project_id is not null
  group by expenses.project_id
) as booked
cross join lateral (
  select sum(counters.used) as used
  from usage_counters as counters
  where counters.tenant_id = $1 and counters.metric = 'expenses_per_project' and counters.scope_id = booked.project_id
) as taken
join projects on projects.tenant_id = $1 and projects.id = booked.project_id
where taken.used > limits.plan_limit
order by taken.used desc, projects.name
limit $3`,
};
