import type { ledger, PageInfo, PageRequest } from '@outlay/contracts';
import type { Database, TenantContext } from '@outlay/platform';
import { type ImportState, importColumns, importState } from './import-state.ts';
import { findImport } from './import-store.ts';
import { pageOf, positionOf } from './pages.ts';

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
  page: PageRequest | undefined,
): Promise<{ imports: ImportState[]; page: PageInfo }> {
  const { limit, after } = positionOf(page, 'uuid');
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
        [context.tenantId, ownOnly(context), after, limit + 1],
      ),
    { readOnly: true },
  );
  const { items, page: info } = pageOf(
    rows.map((row) => importState.parse(row)),
    limit,
    (last) => last.id,
  );
  return { imports: items, page: info };
}

/** What became of the rows of a file, in the order of its lines; all of them or those of one fate. */
export async function listImportRows(
  { database }: { database: Database },
  context: TenantContext,
  importId: string,
  fate: string | undefined,
  page: PageRequest | undefined,
): Promise<{ rows: ledger.ImportRow[]; page: PageInfo }> {
  const { limit, after } = positionOf(page, 'line');
  return database.withTenant(
    context,
    async (session) => {
      await findImport(session, context, importId, ownOnly(context));
      const { rows } = await session.query<StoredRow>(fate === undefined ? listAllRows : listRowsOfFate, [
        ...[context.tenantId, importId, after ?? 0, limit + 1],
        ...(fate === undefined ? [] : [fate]),
      ]);
      const { items, page: info } = pageOf(rows, limit, (last) => String(last.line));
      return { rows: items.map(toRowMessage), page: info };
    },
    { readOnly: true },
  );
}

const ownOnly = (context: TenantContext): string | undefined =>
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
  expenseId: row.expense_id ?? '',
});

const rowsAfter = `
select import_rows.line, import_rows.fate, import_rows.column_header, import_rows.code, import_rows.reason,
  import_rows.expense_id
from import_rows
where import_rows.tenant_id = $1 and import_rows.import_id = $2 and import_rows.line > $3`;

// Two statements, each with an index that gives the rows in their order.
const listAllRows = { name: 'list_import_rows', text: `${rowsAfter} order by import_rows.line limit $4` };
const listRowsOfFate = {
  name: 'list_import_rows_of_fate',
  text: `${rowsAfter} and import_rows.fate = $5 order by import_rows.line limit $4`,
};
