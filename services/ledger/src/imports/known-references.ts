import type { ImportField } from '@outlay/contracts';
import { conflict, preconditionFailed, type Session, type TenantContext } from '@outlay/platform';
import {
  type EnsuredReferences,
  ensureReferences,
  findReferences,
  type WantedReferences,
} from '../store/ensure-references.ts';
import { type BoundNames, findBound, withoutBound, withoutUnmade } from './bound-names.ts';
import type { PricedRow } from './decide-batch.ts';
import { quoted, type RowFault } from './file/row-fault.ts';
import type { ImportState } from './import-state.ts';
import type { Batch } from './read-batches.ts';
import { sayingOf } from './resolve-names.ts';

/** All that rows name. */
export const wantedBy = (rows: readonly PricedRow[]): WantedReferences => ({
  categories: named(rows.map(({ purchase }) => purchase.category)),
  categoryPaths: rows.flatMap(({ purchase }) => (purchase.categoryPath.length > 1 ? [purchase.categoryPath] : [])),
  projects: named(rows.map(({ purchase }) => purchase.project)),
  accounts: rows.flatMap(({ purchase }) => purchase.account ?? []),
});

const named = (names: readonly string[]): string[] => names.filter((name) => name !== '');

/**
 * Parts rows into those that name only what is there and those that name something else, which are refused: the file of
 * somebody who may not make categories, projects and accounts makes none.
 */
export async function refuseUnknown<Row extends PricedRow>(
  session: Session,
  context: TenantContext,
  state: ImportState,
  rows: readonly Row[],
): Promise<{ known: Row[]; unknown: Batch['refused'] }> {
  if (state.makesReferences || rows.length === 0) return { known: [...rows], unknown: [] };
  const found = await findKnown(session, context, state, wantedBy(rows));
  const known: Row[] = [];
  const unknown: Batch['refused'] = [];
  for (const row of rows) {
    const fault = faultOf(row, found, state);
    if (fault) unknown.push({ line: row.line, fault });
    else known.push(row);
  }
  return { known, unknown };
}

function faultOf({ purchase }: PricedRow, found: EnsuredReferences, { format }: ImportState): RowFault | undefined {
  const { category, project, account } = purchase;
  const columnOf = (field: ImportField): string =>
    format?.columns.find((column) => column.field === field)?.header ?? '';
  const unknown = (field: 'category' | 'project' | 'account', name: string): RowFault => ({
    code: 'reference_unknown',
    column: columnOf(field),
    reason: `there is no ${field} ${quoted(name)}, and this file may make none`,
  });
  if (category !== '' && !found.categories.has(category)) return unknown('category', category);
  if (project !== '' && !found.projects.has(project)) return unknown('project', project);
  if (account && !found.accounts.has(account.name)) return unknown('account', account.name);
  return undefined;
}

/**
 * What rows refer to: what the import has bound their names to, else what has the name, else what is made, which is kept in mind
 * for when the import is taken back. Throws conflict `references_changed` where another batch has made something and somebody
 * has changed it by now: from then on it is bound.
 * Throws precondition_failed `account_taken` where somebody has given the name of an account of an export of ours to another since
 * it was looked for.
 */
export async function makeReferences(
  session: Session,
  context: TenantContext,
  state: ImportState,
  rows: readonly PricedRow[],
): Promise<EnsuredReferences> {
  const references = await findOrMake(session, context, state, rows);
  const isSaid = state.format?.kind === 'outlay' && sayingOf(state.format)('account_currency');
  if (isSaid) for (const row of rows) checkAccount(row, references);
  return references;
}

/** Postings to an account of another currency would not be those that the file tells of. */
function checkAccount({ purchase: { account } }: PricedRow, { accounts }: EnsuredReferences): void {
  const found = account && accounts.get(account.name);
  if (!found || found.currency === account.currency) return;
  const message = `An account ${quoted(account.name)} in ${found.currency} was made meanwhile; send the file again`;
  throw preconditionFailed('account_taken', message);
}

async function findOrMake(
  session: Session,
  context: TenantContext,
  state: ImportState,
  rows: readonly PricedRow[],
): Promise<EnsuredReferences> {
  const wanted = wantedBy(rows);
  if (!state.makesReferences) return findKnown(session, context, state, wanted);
  const bound = await findBound(session, context, state.id, wanted);
  const references = await ensureReferences(session, context, withoutBound(wanted, bound));
  const { made } = references;
  if (made.length > 0) {
    await session.query(noteStatement, [
      ...[context.tenantId, state.id, made.map(({ kind }) => kind), made.map(({ id }) => id)],
    ]);
  }
  const known = together(references, bound);
  const isMissing =
    wanted.accounts?.some(({ name }) => !known.accounts.has(name)) ||
    wanted.projects?.some((name) => !known.projects.has(name)) ||
    wanted.categories?.some((name) => !known.categories.has(name));
  if (isMissing) throw conflict('references_changed', 'What rows name was made and changed meanwhile');
  return known;
}

/** What rows of a file that may make nothing refer to and is there. */
async function findKnown(
  session: Session,
  context: TenantContext,
  { id }: ImportState,
  wanted: WantedReferences,
): Promise<EnsuredReferences> {
  const bound = await findBound(session, context, id, wanted);
  const others = await withoutUnmade(session, context, id, withoutBound(wanted, bound));
  return together(await findReferences(session, context, others), bound);
}

const together = (found: EnsuredReferences, bound: BoundNames): EnsuredReferences => ({
  ...found,
  accounts: new Map([...found.accounts, ...bound.accounts]),
  projects: new Map([...found.projects, ...bound.projects]),
});

const noteStatement = {
  name: 'note_made_by_import',
  text: `
insert into import_made (tenant_id, import_id, kind, reference_id)
select $1::uuid, $2::uuid, made.kind, made.reference_id
from unnest($3::text[], $4::uuid[]) with ordinality as made (kind, reference_id, position)
order by made.position`,
};
