import type { RawRow } from './csv-splitter.ts';
import type { FileFormat } from './file-format.ts';
import { gatherAccounts } from './gather-accounts.ts';
import { type ImportMapping, orderOf, signOf } from './mapping.ts';
import { gatherCredits } from './recognise-credits.ts';
import { gatherDates } from './recognise-dates.ts';
import { gatherDecimals } from './recognise-decimals.ts';
import type { Layout } from './recognise-layout.ts';
import { gatherSigns } from './recognise-signs.ts';
import { createRowGuard } from './row-guard.ts';

/** What only all rows together can tell. */
export type RecognisedValues = Pick<FileFormat, 'dates' | 'decimalMark' | 'signs' | 'credits'> & {
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

/**
 * Reads all rows of a file once to tell how it writes dates, decimals and signs, and what comes in, where nobody has said so. Throws UnreadableFile where they are too
 * many or hardly any can be a purchase.
 */
export async function recogniseValues(
  rows: AsyncIterable<RawRow>,
  layout: Layout,
  given: { today: string; currency: string; dateFormat?: string; mapping?: ImportMapping },
): Promise<RecognisedValues> {
  const dateColumn = layout.columns.find((column) => column.field === 'expense_date');
  const amountColumns = layout.columns.filter((column) => amountFields.has(column.field));
  const dates = gatherDates(given.today, orderOf(given.dateFormat ?? ''));
  const decimals = gatherDecimals(given.currency);
  const signs = gatherSigns(layout.columns);
  const credits = gatherCredits(layout.columns);
  const accounts = gatherAccounts(layout.columns);
  const guard = createRowGuard();
  let rowsTotal = 0;
  let rowsFitting = 0;
  let hasDoubtfulQuotes = false;

  for await (const { line, cells } of rows) {
    if (line <= layout.headerLine) continue;
    rowsTotal++;
    if (cells.length === layout.header.length) rowsFitting++;
    hasDoubtfulQuotes ||= cells.some((cell) => cell.includes('\n') && cell.includes(layout.delimiter));
    guard.take(cells, dateColumn !== undefined && dates.add(cells[dateColumn.index] ?? ''));
    for (const { index } of amountColumns) decimals.add(cells[index] ?? '');
    signs.add(cells);
    credits.add(cells);
    accounts.add(cells);
  }
  const { amounts: saidSign, decimal_mark: saidMark } = given.mapping ?? {};
  const recognised = signs.conclude();
  const amounts = {
    decimalMark: saidMark ?? decimals.conclude(),
    signs: saidSign ? { ...recognised, amount: signOf(saidSign), isAssumed: false } : recognised,
  };
  const values = { dates: dates.conclude(), ...amounts, credits: credits.conclude(amounts) };
  const { isPayer } = accounts.conclude();
  const columns = layout.columns.filter(({ field, isGiven }) => field !== 'account' || isPayer || isGiven);
  return { ...values, columns, rowsTotal, rowsFitting, hasDoubtfulQuotes };
}
