import type { Database, Session, TenantContext, TenantId } from '@outlay/platform';
import { describeBreaches } from './describe-breaches.ts';
import {
  breachesOf,
  findLimits,
  findProjectBreaches,
  hasHardLimits,
  type LimitMode,
  type MadeUse,
} from './import-limits.ts';
import { beginStage, dropAll, endPreview, failImport, lockImport, storeSurvey } from './import-progress.ts';
import type { ImportState } from './import-state.ts';
import { bindNames, reservePlaces } from './reserve-places.ts';
import { listRenamed } from './resolve-names.ts';
import { emptySurvey, type LimitBreach, namesShown, type Survey } from './survey.ts';
import { beginToWait, countMadeBeside } from './wait-for-others.ts';

/**
 * Ends the look at the rows of a file. A preview waits for its commit. Everything else reserves the places of what it is
 * going to make and is booked now, unless it would break a hard limit of the plan: then it fails with `plan_limit_reached`
 * and nothing of it is booked.
 *
 * Places that other imports have reserved may come back, and what they make this one may find there. So where it is for
 * what they have reserved, or have made since the look at its rows began, that it does not fit, it is put back to there: it
 * waits for the others, who wait for nobody. Else it could never fit.
 */
export function endSurvey(
  { database }: { database: Database },
  context: TenantContext,
  importId: string,
  tenantCurrency: string,
): Promise<ImportState> {
  return database.withTenant(context, async (session) => {
    const { state } = await lockImport(session, context, importId);
    // Another worker may have put it back meanwhile.
    const isOver = state.rowsDone >= state.rowsTotal;
    if (state.status !== 'processing' || state.stage !== 'surveying' || !isOver) return state;
    if (state.isPreview) {
      const made = await countMade(session, context, importId);
      const wanted = { projects: made.projects.count, accounts: made.accounts.count, expenses_total: state.fresh };
      const breaches = await findBreaches(session, context, importId, { wanted, mode: 'hard' });
      const exceeded = await findBreaches(session, context, importId, { wanted, mode: 'soft' });
      const seen = state.survey ?? emptySurvey(tenantCurrency);
      const renamed = await listRenamed(session, context, importId);
      await storeSurvey(session, context, importId, { ...seen, made, breaches, exceeded, renamed });
      return endPreview(session, context, importId);
    }
    // They may be many, and nobody can count while places are being reserved.
    await dropAll(session, context, importId, ['import_batches']);
    const wanted = { ...(await bindNames(session, context, importId)), expenses_total: state.fresh };
    await dropAll(session, context, importId, ['import_references']);
    const missing = await reservePlaces(session, context, importId, wanted);
    if (missing.length === 0) return beginStage(session, context, importId, 'booking');
    // Read after what is reserved, as that becomes what is made.
    const beside = await countMadeBeside(session, context, importId);
    const breaches = missing.filter(
      ({ metric, limit, used, reserved, ...of }) =>
        // Of what others have made it is not known here in which project.
        used - reserved - beside[metric === 'expenses_per_project' ? 'expenses_total' : metric] + of.wanted > limit,
    );
    if (breaches.length === 0) return beginToWait(session, context, importId);
    const failure = { code: 'plan_limit_reached', message: describeBreaches(breaches, state) };
    return failImport(session, context, importId, failure);
  });
}

/** The limits of the plan that the rows as they were seen would go beyond. */
async function findBreaches(
  session: Session,
  context: { tenantId: TenantId },
  importId: string,
  { wanted, mode }: { wanted: MadeUse; mode: LimitMode },
): Promise<LimitBreach[]> {
  const ofTenant = breachesOf(await findLimits(session, context, mode), wanted);
  return [...ofTenant, ...(await findProjectBreaches(session, context, importId, mode))];
}

/** Whether the rows must be looked at before they are booked: for a preview, and where the plan could refuse some. */
export function needsSurvey(
  { database }: { database: Database },
  context: TenantContext,
  state: ImportState,
): Promise<boolean> {
  if (state.isPreview) return Promise.resolve(true);
  return database.withTenant(context, (session) => hasHardLimits(session, context), { readOnly: true });
}

/** What the rows name and is still not there: others may have made it since they were looked at. */
async function countMade(
  session: Session,
  context: { tenantId: TenantId },
  importId: string,
): Promise<NonNullable<Survey['made']>> {
  const { rows } = await session.query<{ kind: string; count: number; names: string[] }>(
    {
      name: 'count_import_references',
      text: `
with made as materialized (
  select wanted.kind, wanted.name
  from import_references as wanted
  where wanted.tenant_id = $1 and wanted.import_id = $2
    and not exists (
      select from accounts
      where wanted.kind = 'account' and accounts.tenant_id = $1 and accounts.name = wanted.name
        and accounts.archived_at is null
    )
    and not exists (
      select from categories
      where wanted.kind = 'category' and categories.tenant_id = $1 and categories.name = wanted.name
        and categories.archived_at is null
    )
    and not exists (
      select from projects
      where wanted.kind = 'project' and projects.tenant_id = $1 and projects.name = wanted.name
        and projects.archived_at is null
    )
)
select made.kind, count(*)::int as count,
  array(
    select first.name from made as first where first.kind = made.kind order by first.name limit $3
  ) as names
from made
group by made.kind`,
    },
    [context.tenantId, importId, namesShown],
  );
  const of = (kind: string) => {
    const found = rows.find((row) => row.kind === kind);
    return { count: found?.count ?? 0, names: found?.names ?? [] };
  };
  return { accounts: of('account'), categories: of('category'), projects: of('project') };
}
