import type { FileFormat } from './file-format.ts';
import type { RawRow } from './read-rows.ts';
import { gatherDates } from './recognise-dates.ts';
import { gatherDecimals } from './recognise-decimals.ts';
import type { Layout } from './recognise-layout.ts';
import { gatherSigns } from './recognise-signs.ts';

/** What only all rows together can tell. */
export type RecognisedValues = Pick<FileFormat, 'dates' | 'decimalMark' | 'signs'> & {
  /** Rows below the header. */
  rowsTotal: number;
};

/** The quotes of the file pair by chance only: they swallow whole rows. It is to be read again without quoting. */
export class MisleadingQuotes extends Error {}

const amountFields: ReadonlySet<string> = new Set([
  ...['amount', 'original_amount', 'billed_amount', 'debit', 'credit', 'balance'],
]);

/** Reads all rows of a file once to tell how it writes dates, decimals and signs. Throws MisleadingQuotes. */
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
  let rowsTotal = 0;

  for await (const { line, cells } of rows) {
    if (line <= layout.headerLine) continue;
    if (cells.some((cell) => holdsRow(cell, layout))) throw new MisleadingQuotes();
    rowsTotal++;
    if (dateColumn) dates.add(cells[dateColumn.index] ?? '');
    for (const { index } of amountColumns) decimals.add(cells[index] ?? '');
    signs.add(cells);
  }
  return { dates: dates.conclude(), decimalMark: decimals.conclude(), signs: signs.conclude(), rowsTotal };
}

/** A cell of several lines may be an address; one with a line of as many cells as the header is rows run together. */
function holdsRow(cell: string, layout: Layout): boolean {
  if (!cell.includes('\n')) return false;
  return cell.split('\n').some((line) => line.split(layout.delimiter).length >= layout.header.length);
}
