import type { ledger } from '@outlay/contracts';
import type { Database, TenantContext } from '@outlay/platform';
import { type ImportState, importColumns, importState } from './import-state.ts';
import { findImport } from './import-store.ts';
import { anotherRow } from './row-store.ts';

/** One import. A member sees only their own; another's is notFound `import_not_found`, as is another tenant's. */
export function getImport(
  { database }: { database: Database },
  context: TenantContext,
  importId: string,
): Promise<ImportState> {
  return database.withTenant(context, (session) => findImport(session, context, importId, ownOnly(context)), {
    readOnly: true,
  });
}

/** Imports, the newest first. A member sees only their own. */
export async function listImports(
  { database }: { database: Database },
  context: TenantContext,
  { limit, after }: { limit: number; after: { id: string } | undefined },
): Promise<{ imports: ImportState[]; hasMore: boolean }> {
  const { rows } = await database.withTenant(
    context,
    (session) =>
      session.query(
        {
          name: 'list_imports',
          text: `
select ${importColumns} from imports
where imports.tenant_id = $1 and ($2::uuid is null or imports.user_id = $2) and ($3::uuid is null or imports.id < $3)
order by imports.id desc
limit $4`,
        },
        [context.tenantId, ownOnly(context), after?.id, limit + 1],
      ),
    { readOnly: true },
  );
  return { imports: rows.slice(0, limit).map((row) => importState.parse(row)), hasMore: rows.length > limit };
}

/**
 * What became of the rows of a file, in the order of its lines; all of them or those of one fate; none of a preview that is
 * over. A row may repeat what
 * somebody else imported: whoever may not see that expense is not told which it is.
 */
export async function listImportRows(
  { database }: { database: Database },
  context: TenantContext,
  importId: string,
  { fate, limit, after }: { fate: string | undefined; limit: number; after: { line: number } | undefined },
): Promise<{ rows: ledger.ImportRow[]; hasMore: boolean }> {
  return database.withTenant(
    context,
    async (session) => {
      const { status } = await findImport(session, context, importId, ownOnly(context));
      // They may still be there, as they are dropped in the background.
      if (status === 'expired') return { rows: [], hasMore: false };
      const { rows } = await session.query<StoredRow>(fate === undefined ? listAllRows : listRowsOfFate, [
        ...[context.tenantId, importId, after?.line ?? 0, limit + 1, ownOnly(context)],
        ...(fate === undefined ? [] : [fate]),
      ]);
      return { rows: rows.slice(0, limit).map(toRowMessage), hasMore: rows.length > limit };
    },
    { readOnly: true },
  );
}

/** Whose imports somebody deals with: their own, or everybody's. */
export const ownOnly = (context: TenantContext): string | undefined =>
  context.role === 'member' ? context.actor.id : undefined;

interface StoredRow {
  line: number;
  fate: string;
  column_header: string;
  code: string;
  reason: string;
  expense_id: string | null;
}

const toRowMessage = (row: StoredRow): ledger.ImportRow => ({
  line: row.line,
  fate: row.fate,
  column: row.column_header,
  code: row.code,
  reason: row.reason,
  expenseId: row.expense_id === anotherRow ? '' : (row.expense_id ?? ''),
});

const rowsAfter = `
select import_rows.line, import_rows.fate, import_rows.column_header, import_rows.code, import_rows.reason,
  case
    when $5::uuid is null or exists (
      select from expenses
      where expenses.tenant_id = $1 and expenses.id = import_rows.expense_id and expenses.user_id = $5
    ) then import_rows.expense_id
  end as expense_id
from import_rows
where import_rows.tenant_id = $1 and import_rows.import_id = $2 and import_rows.line > $3`;

// Two statements, each with an index that gives the rows in their order.
const listAllRows = { name: 'list_import_rows', text: `${rowsAfter} order by import_rows.line limit $4` };
const listRowsOfFate = {
  name: 'list_import_rows_of_fate',
  text: `${rowsAfter} and import_rows.fate = $6 order by import_rows.line limit $4`,
};
