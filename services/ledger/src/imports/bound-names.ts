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

/**
 * What is still to be looked for of what an import names that may make nothing. What was not there when its places were reserved
 * goes on to mean nothing, though somebody make it now: no places are held in it.
 */
export async function withoutUnmade(
  session: Session,
  context: { tenantId: TenantId },
  importId: string,
  wanted: WantedReferences,
): Promise<WantedReferences> {
  const { accounts = [], projects = [] } = wanted;
  if (accounts.length === 0 && projects.length === 0) return wanted;
  const { rows } = await session.query<{ kind: 'account' | 'project'; name: string }>(unmadeStatement, [
    ...[context.tenantId, importId, accounts.map(({ name }) => name), projects],
  ]);
  const isUnmade = (kind: string, name: string) => rows.some((row) => row.kind === kind && row.name === name);
  return {
    ...wanted,
    accounts: accounts.filter(({ name }) => !isUnmade('account', name)),
    projects: projects.filter((name) => !isUnmade('project', name)),
  };
}

const unmadeStatement = {
  name: 'find_unmade_names',
  text: `
select names.kind, names.name
from import_names as names
where names.tenant_id = $1 and names.import_id = $2 and names.account_id is null and names.project_id is null
  and ((names.kind = 'account' and names.name = any ($3::text[]))
    or (names.kind = 'project' and names.name = any ($4::text[])))`,
};

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
