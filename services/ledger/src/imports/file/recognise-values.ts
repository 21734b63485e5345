import type { RawRow } from './csv-splitter.ts';
import { currencyTeller } from './currency-of.ts';
import type { FileFormat } from './file-format.ts';
import { gatherAccounts } from './gather-accounts.ts';
import { gatherMoney } from './gather-money.ts';
import { gatherTexts } from './gather-texts.ts';
import { gatherTotals } from './gather-totals.ts';
import { gatherWords } from './gather-words.ts';
import { type ImportMapping, orderOf, signOf } from './mapping.ts';
import { gatherCredits } from './recognise-credits.ts';
import { gatherDates } from './recognise-dates.ts';
import { gatherDecimals } from './recognise-decimals.ts';
import type { Layout } from './recognise-layout.ts';
import { gatherSigns } from './recognise-signs.ts';
import { createRowGuard } from './row-guard.ts';
import { gatherCorrections } from './statements/corrections.ts';

/** What only all rows together can tell. */
export type RecognisedValues = Pick<
  FileFormat,
  | 'dates'
  | 'decimalMark'
  | 'isDecimalMarkAssumed'
  | 'signs'
  | 'credits'
  | 'isCreditsAssumed'
  | 'ignored'
  | 'uncounted'
  | 'untitled'
  | 'unclosedQuotes'
  | 'unknownWords'
  | 'totals'
> & {
  /** Rows below the header. */
  rowsTotal: number;
  /** Those of them that have a date and as many cells as the header. */
  rowsFitting: number;
  /** Quoted text holds line ends, and delimiters or quotes: an address perhaps, or rows that run together. */
  hasDoubtfulQuotes: boolean;
  /** Of quotes that are mended: some are closed, so that the file is one that quotes. */
  hasClosedQuotes: boolean;
  /** What bookings of a statement say that they correct. */
  corrections: ReadonlySet<string>;
  /** Without those that turned out to say something else. */
  columns: Layout['columns'];
};

/** Lines that are named of all those with a quote that is not closed. */
const linesMax = 10;

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
  given: { today: string; currency: string; dateFormat?: string; signBefore?: 1 | -1; mapping?: ImportMapping },
): Promise<RecognisedValues> {
  const dateColumn = layout.columns.find((column) => column.field === 'expense_date');
  const amountColumns = layout.columns.filter((column) => amountFields.has(column.field));
  const dates = gatherDates(given.today, orderOf(given.dateFormat ?? ''));
  const decimals = gatherDecimals();
  const currencyOf = currencyTeller(layout.columns, given);
  const signs = gatherSigns(layout.columns);
  const credits = gatherCredits(layout.columns);
  const accounts = gatherAccounts(layout.columns);
  const texts = gatherTexts(layout, given.mapping);
  const money = gatherMoney(layout, given.mapping);
  const corrections = gatherCorrections();
  const words = gatherWords(layout.columns);
  const totals = gatherTotals(layout.columns);
  const guard = createRowGuard();
  let rowsTotal = 0;
  let rowsFitting = 0;
  let hasDoubtfulQuotes = false;
  let hasClosedQuotes = false;
  const unclosed = { rows: 0, lines: [] as number[] };

  for await (const { line, cells, quotes } of rows) {
    if (line <= layout.headerLine) continue;
    rowsTotal++;
    hasDoubtfulQuotes ||= cells.some(
      (cell) => cell.includes('\n') && (cell.includes(layout.delimiter) || cell[0] === '"'),
    );
    hasClosedQuotes ||= quotes === 'closed';
    if (quotes === 'unclosed' && unclosed.rows++ < linesMax) unclosed.lines.push(line);
    const hasDate = dateColumn !== undefined && dates.add(cells[dateColumn.index] ?? '');
    if (hasDate && cells.length === layout.header.length) rowsFitting++;
    guard.take(cells, hasDate);
    for (const column of amountColumns) decimals.add(cells[column.index] ?? '', () => currencyOf(cells, column));
    signs.add(cells);
    credits.add(cells);
    accounts.add(cells);
    texts.add(cells, hasDate);
    if (layout.kind === 'ofx') corrections.add(cells);
    if (hasDate) money.add(cells);
    if (layout.kind !== 'csv') continue;
    words.add(cells);
    totals.add(cells, hasDate);
  }
  const { amounts: saidSign, decimal_mark: saidMark } = given.mapping ?? {};
  const recognised = signs.conclude(given.signBefore);
  const { debit, credit } = recognised;
  const decimal = decimals.conclude();
  const amounts = {
    decimalMark: saidMark ?? decimal.mark,
    isDecimalMarkAssumed: saidMark === undefined && decimal.isAssumed,
    signs: saidSign ? { amount: signOf(saidSign), debit, credit, isAssumed: false } : recognised,
  };
  const said = { ...texts.conclude(), ...money.conclude(), ...totals.conclude(), unknownWords: words.conclude() };
  const values = { dates: dates.conclude(), ...amounts, ...credits.conclude(amounts), ...said };
  const { isPayer } = accounts.conclude();
  const columns = layout.columns.filter(({ field, isGiven }) => field !== 'account' || isPayer || isGiven);
  const unclosedQuotes = unclosed.rows > 0 ? { unclosedQuotes: unclosed } : {};
  return {
    ...values,
    ...unclosedQuotes,
    corrections: corrections.conclude(),
    columns,
    rowsTotal,
    rowsFitting,
    hasDoubtfulQuotes,
    hasClosedQuotes,
  };
}
