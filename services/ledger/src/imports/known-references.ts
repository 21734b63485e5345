import type { Session, TenantContext } from '@outlay/platform';
import {
  type EnsuredReferences,
  ensureReferences,
  findReferences,
  type WantedReferences,
} from '../store/ensure-references.ts';
import type { PricedRow } from './decide-batch.ts';
import type { Field } from './file/column-names.ts';
import { quoted, type RowFault } from './file/row-fault.ts';
import type { ImportState } from './import-state.ts';
import type { Batch } from './read-batches.ts';

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
  const found = await findReferences(session, context, wantedBy(rows));
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
  const columnOf = (field: Field): string => format?.columns.find((column) => column.field === field)?.header ?? '';
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

/** What rows refer to; made where it is not there, and kept in mind for when the import is taken back. */
export async function makeReferences(
  session: Session,
  context: TenantContext,
  { id, makesReferences }: ImportState,
  rows: readonly PricedRow[],
): Promise<EnsuredReferences> {
  if (!makesReferences) return findReferences(session, context, wantedBy(rows));
  const references = await ensureReferences(session, context, wantedBy(rows));
  if (references.made.length === 0) return references;
  await session.query(noteStatement, [
    ...[context.tenantId, id, references.made.map(({ kind }) => kind)],
    references.made.map(({ id: referenceId }) => referenceId),
  ]);
  return references;
}

const noteStatement = {
  name: 'note_made_by_import',
  text: `
insert into import_made (tenant_id, import_id, kind, reference_id)
select $1::uuid, $2::uuid, made.kind, made.reference_id
from unnest($3::text[], $4::uuid[]) with ordinality as made (kind, reference_id, position)
order by made.position`,
};
