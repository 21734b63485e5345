import type { FileFormat } from './file-format.ts';
import { gatherAccounts } from './gather-accounts.ts';
import type { RawRow } from './read-rows.ts';
import { gatherDates } from './recognise-dates.ts';
import { gatherDecimals } from './recognise-decimals.ts';
import type { Layout } from './recognise-layout.ts';
import { gatherSigns } from './recognise-signs.ts';

/** What only all rows together can tell. */
export type RecognisedValues = Pick<FileFormat, 'dates' | 'decimalMark' | 'signs'> & {
  /** Rows below the header. */
  rowsTotal: number;
  /** Those of them that have as many cells as the header. */
  rowsFitting: number;
  /** Quoted text holds line ends and delimiters: an address perhaps, or rows that run together. */
  hasDoubtfulQuotes: boolean;
  /** Without those that turned out to say something else. */
  columns: Layout['columns'];
};

const amountFields: ReadonlySet<string> = new Set([
  ...['amount', 'original_amount', 'billed_amount', 'debit', 'credit', 'balance'],
]);

/** Reads all rows of a file once to tell how it writes dates, decimals and signs. */
export async function recogniseValues(
  rows: AsyncIterable<RawRow>,
  layout: Layout,
  given: { today: string; currency: string },
): Promise<RecognisedValues> {
  const dateColumn = layout.columns.find((column) => column.field === 'expense_date');
  const amountColumns = layout.columns.filter((column) => amountFields.has(column.field));
  const dates = gatherDates(given.today);
  const decimals = gatherDecimals(given.currency);
  const signs = gatherSigns(layout.columns);
  const accounts = gatherAccounts(layout.columns);
  let rowsTotal = 0;
  let rowsFitting = 0;
  let hasDoubtfulQuotes = false;

  for await (const { line, cells } of rows) {
    if (line <= layout.headerLine) continue;
    rowsTotal++;
    if (cells.length === layout.header.length) rowsFitting++;
    hasDoubtfulQuotes ||= cells.some((cell) => cell.includes('\n') && cell.includes(layout.delimiter));
    if (dateColumn) dates.add(cells[dateColumn.index] ?? '');
    for (const { index } of amountColumns) decimals.add(cells[index] ?? '');
    signs.add(cells);
    accounts.add(cells);
  }
  const values = { dates: dates.conclude(), decimalMark: decimals.conclude(), signs: signs.conclude() };
  const { isPayer } = accounts.conclude();
  const columns = isPayer ? layout.columns : layout.columns.filter(({ field }) => field !== 'account');
  return { ...values, columns, rowsTotal, rowsFitting, hasDoubtfulQuotes };
}
