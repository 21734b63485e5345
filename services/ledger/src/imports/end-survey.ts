import type { Database, Session, TenantContext, TenantId } from '@outlay/platform';
import { breachesOf, describeBreaches, findHardLimits } from './import-limits.ts';
import { beginStage, endPreview, failImport, lockImport, storeSurvey } from './import-progress.ts';
import type { ImportState } from './import-state.ts';
import { emptySurvey, namesShown, type Survey } from './survey.ts';

/**
 * Ends the look at the rows of a file. A preview waits for its commit. Everything else is booked now, unless it would break
 * a hard limit of the plan: then it fails with `plan_limit_reached` and nothing of it is booked.
 */
export function endSurvey(
  { database }: { database: Database },
  context: TenantContext,
  importId: string,
  tenantCurrency: string,
): Promise<ImportState> {
  return database.withTenant(context, async (session) => {
    const { state } = await lockImport(session, context, importId);
    if (state.status !== 'processing' || state.stage !== 'surveying') return state;
    const limits = await findHardLimits(session, context);
    const made = await countMade(session, context, importId);
    const breaches = breachesOf(limits, {
      projects: made.projects.count,
      accounts: made.accounts.count,
      expenses_total: state.fresh,
    });
    if (state.isPreview) {
      const seen = state.survey ?? emptySurvey(tenantCurrency);
      await storeSurvey(session, context, importId, { ...seen, made, breaches });
      return endPreview(session, context, importId);
    }
    if (breaches.length === 0) return beginStage(session, context, importId, 'booking');
    const failure = { code: 'plan_limit_reached', message: describeBreaches(breaches) };
    return failImport(session, context, importId, failure);
  });
}

/** Whether the rows must be looked at before they are booked: for a preview, and where the plan could refuse some. */
export function needsSurvey(
  { database }: { database: Database },
  context: TenantContext,
  state: ImportState,
): Promise<boolean> {
  if (state.isPreview) return Promise.resolve(true);
  return database.withTenant(context, async (session) => (await findHardLimits(session, context)).length > 0, {
    readOnly: true,
  });
}

async function countMade(
  session: Session,
  context: { tenantId: TenantId },
  importId: string,
): Promise<NonNullable<Survey['made']>> {
  const { rows } = await session.query<{ kind: string; count: number; names: string[] }>(
    {
      name: 'count_import_references',
      text: `
select made.kind, count(*)::int as count,
  (
    array(
      select first.name from import_references as first
      where first.tenant_id = $1 and first.import_id = $2 and first.kind = made.kind
      order by first.name limit $3
    )
  ) as names
from import_references as made
where made.tenant_id = $1 and made.import_id = $2
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
