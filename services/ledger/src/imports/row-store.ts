import { nilId, type Session, type TenantId } from '@outlay/platform';
import type { IdentifiedRow } from './claim-purchases.ts';
import type { RowFault } from './file/row-fault.ts';

/** What became of a row, or would. */
export interface RowFate {
  line: number;
  fate: 'new' | 'imported' | 'duplicate' | 'skipped' | 'refused';
  /** The expense made of it, or the one it repeats; or anotherRow. */
  expenseId?: string | undefined;
  /** Why it was refused or skipped. */
  fault?: RowFault | undefined;
}

/** What a row repeats that repeats another one of its file, where that has no expense or none that is known yet. */
export const anotherRow = nilId;

/** The fates of rows that repeat others of their file, with the expenses of those that are known. */
export const repeatsWithin = (
  rows: readonly Pick<IdentifiedRow, 'line' | 'isRepeat'>[],
  expenseIds: readonly (string | undefined)[] = [],
): (RowFate & { fate: 'duplicate' })[] =>
  rows
    .filter(({ isRepeat }) => isRepeat)
    .map(({ line }, index) => ({ line, expenseId: expenseIds[index] ?? anotherRow, fate: 'duplicate' }));

/** Notes what became of rows. Those of a preview that is booked get another fate. */
export async function insertFates(
  session: Session,
  context: { tenantId: TenantId },
  importId: string,
  rows: readonly RowFate[],
  { replaces }: { replaces: boolean },
): Promise<void> {
  await session.query(replaces ? replaceStatement : insertStatement, [
    ...[context.tenantId, importId, rows.map((row) => row.line), rows.map((row) => row.fate)],
    ...[rows.map((row) => row.fault?.column ?? ''), rows.map((row) => row.fault?.code ?? '')],
    ...[rows.map((row) => row.fault?.reason ?? ''), rows.map((row) => row.expenseId)],
  ]);
}

const insertText = `
insert into import_rows (tenant_id, import_id, line, fate, column_header, code, reason, expense_id)
select $1::uuid, $2::uuid, row.line, row.fate, row.column_header, row.code, row.reason, row.expense_id
from unnest($3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::uuid[])
  as row (line, fate, column_header, code, reason, expense_id)`;

const insertStatement = { name: 'insert_import_rows', text: insertText };

const replaceStatement = {
  name: 'replace_import_rows',
  text: `${insertText}
on conflict (tenant_id, import_id, line) do update
set fate = excluded.fate, column_header = excluded.column_header, code = excluded.code, reason = excluded.reason,
  expense_id = excluded.expense_id`,
};
