import { type Metric, planLimitReached } from '../domain/plan-limit.ts';
import type { ImportMapping } from './file/mapping.ts';
import { quoted } from './file/row-fault.ts';
import type { ImportState } from './import-state.ts';
import type { LimitBreach } from './survey.ts';

/** How many projects a refusal names. */
const projectsNamed = 3;

/** Why a file is not booked, in the words in which any refusal of the plan is put, and what can be done about it. */
export function describeBreaches(
  breaches: readonly LimitBreach[],
  read: Pick<ImportState, 'format' | 'mapping'>,
): string {
  const ofProjects = breaches.filter(({ project }) => project);
  const named = new Set([...breaches.filter(({ project }) => !project), ...ofProjects.slice(0, projectsNamed)]);
  const refusals = breaches.flatMap((breach) => {
    if (!named.has(breach)) return [];
    const { metric, limit, used, wanted, project } = breach;
    const use = { metric: metric as Metric, limit: BigInt(limit), used: BigInt(used), scopeId: undefined };
    const { message } = planLimitReached(use, BigInt(wanted));
    return [project ? `${message} in ${quoted(project)}` : message];
  });
  if (ofProjects.length > projectsNamed) refusals.push('So it is with other projects of the file');
  return [...refusals, remedyFor(new Set(breaches.map(({ metric }) => metric)), read)].join('. ');
}

/** What names a thing that a limit counts. */
const fieldsByMetric: Readonly<Record<string, 'account' | 'project'>> = {
  ...{ accounts: 'account', projects: 'project', expenses_per_project: 'project' },
};

function remedyFor(metrics: ReadonlySet<string>, { format, mapping }: Pick<ImportState, 'format' | 'mapping'>): string {
  const fields = new Set([...metrics].flatMap((metric) => fieldsByMetric[metric] ?? []));
  // What all expenses are counted by, no column has brought.
  if (metrics.has('expenses_total') || fields.size === 0) return 'Change the plan, or import less';
  const headers = (format?.columns ?? [])
    .filter(({ field }) => fields.has(field as 'account' | 'project'))
    .map(({ header }) => header);
  const columns = `the ${headers.length === 1 ? 'column' : 'columns'} ${headers.map(quoted).join(' and ')}`;
  if (format?.kind === 'outlay') return `Take ${columns} out of the file, or change the plan`;
  const ready = JSON.stringify(leavingOut(headers, fields, mapping));
  const what = headers.length === 0 ? 'Leave it unsaid what is not in the file' : `Leave ${columns} out`;
  return `${what} by the mapping ${ready}, or change the plan`;
}

/** The mapping of the file without what names these fields. */
function leavingOut(
  headers: readonly string[],
  fields: ReadonlySet<'account' | 'project'>,
  { columns, defaults, ...others }: ImportMapping = {},
): ImportMapping {
  const kept = Object.entries(defaults ?? {}).filter(([name]) => !fields.has(name as 'account' | 'project'));
  const left = { ...columns, ...Object.fromEntries(headers.map((header) => [header, null])) };
  return {
    ...others,
    ...(Object.keys(left).length > 0 && { columns: left }),
    ...(kept.length > 0 && { defaults: Object.fromEntries(kept) }),
  };
}
