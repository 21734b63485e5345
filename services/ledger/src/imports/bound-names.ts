import type { Session, TenantId } from '@outlay/platform';
import type { EnsuredReferences, WantedReferences } from '../store/ensure-references.ts';

/** What the names of an import are bound to: they mean the same until it ends, whatever becomes of what they name. */
export type BoundNames = Pick<EnsuredReferences, 'accounts' | 'projects'>;

/**
 * The accounts and projects that names of an import were bound to when its places were reserved, or since, when they were made:
 * also where they are called something else by now, or are archived. None where nothing had to be reserved.
 */
export async function findBound(
  session: Session,
  context: { tenantId: TenantId },
  importId: string,
  { accounts = [], projects = [] }: WantedReferences,
): Promise<BoundNames> {
  const bound = { accounts: new Map<string, BoundAccount>(), projects: new Map<string, BoundAccount>() };
  if (accounts.length === 0 && projects.length === 0) return bound;
  const { rows } = await session.query<BoundAccount & { kind: 'account' | 'project' }>(boundStatement, [
    ...[context.tenantId, importId, [...new Set(accounts.map(({ name }) => name))], [...new Set(projects)]],
  ]);
  for (const { kind, ...row } of rows) bound[`${kind}s`].set(row.name, row);
  return bound;
}

interface BoundAccount {
  id: string;
  name: string;
  currency: string;
}

/** What is still to be looked for by its name. */
export const withoutBound = (wanted: WantedReferences, bound: BoundNames): WantedReferences => ({
  ...wanted,
  accounts: wanted.accounts?.filter(({ name }) => !bound.accounts.has(name)),
  projects: wanted.projects?.filter((name) => !bound.projects.has(name)),
});

const boundStatement = {
  name: 'find_bound_names',
  text: `
select names.kind, names.name, names.account_id as id, accounts.currency
from unnest($3::text[]) as wanted (name)
join import_names as names
  on names.tenant_id = $1 and names.kind = 'account' and names.name = wanted.name and names.import_id = $2
join accounts on accounts.tenant_id = $1 and accounts.id = names.account_id
union all
select names.kind, names.name, names.project_id, ''
from unnest($4::text[]) as wanted (name)
join import_names as names
  on names.tenant_id = $1 and names.kind = 'project' and names.name = wanted.name and names.import_id = $2
where names.project_id is not null`,
};
