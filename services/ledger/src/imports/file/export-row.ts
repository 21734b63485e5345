import { accountKinds, type PaymentMethod, paymentMethods } from '@outlay/contracts';
import { fractionDigits, isBookable, isCurrency, parseAmount } from '@outlay/platform';
import { convert, impliedRate, isRate, type Money, type RateSource, withoutZeros } from '../../domain/money.ts';
import { restored } from '../../exports/write-csv.ts';
import { type ExportName, exportColumns, exportHeader } from './export-columns.ts';
import type { FileFormat } from './file-format.ts';
import type { ParsedRow, Purchase } from './parse-row.ts';
import { withoutNeedlessZeros } from './read-money.ts';
import { readNumber } from './read-number.ts';
import type { DecimalMark } from './recognise-decimals.ts';
import type { DateReader } from './resolve-date.ts';
import { quoted, RefusedRow, refuseWithoutCells, skippedRow } from './row-fault.ts';
import { lengthOf } from './row-text.ts';
import { toDecimalText } from './to-decimal-text.ts';

type Cells = Readonly<Record<ExportName, string>>;

/** Ids of our own are unique wherever they come from. */
export const exportSpace = 'outlay';

/** How a file writes what it says, and the books it comes into. */
interface Reading {
  today: string;
  tenantCurrency: string;
  decimalMark: DecimalMark;
  resolve: DateReader;
}

/**
 * Makes the parser of an export of ours: each row becomes the expense that it was, in whichever tenant, though a spreadsheet
 * has moved its columns and writes dates and decimals its own way. Only what was in the books comes back; who had recorded
 * it, and when, does not, as somebody else brings it in now.
 */
export function exportRowParser(
  { headers, width, decimalMark }: Pick<FileFormat, 'headers' | 'width' | 'decimalMark'>,
  given: { today: string; tenantCurrency: string; resolve: DateReader },
): (cells: readonly string[]) => ParsedRow {
  // What began before headers were kept has all columns in their places.
  const places = exportColumns(headers.length > 0 ? headers : exportHeader);
  return (written) => {
    try {
      return { purchase: readPurchase(named(written, places, width), { ...given, decimalMark }) };
    } catch (error) {
      if (error instanceof RefusedRow) return { fault: error.fault, isSkipped: error.isSkipped };
      throw error;
    }
  };
}

function named(written: readonly string[], places: ReturnType<typeof exportColumns>, width: number): Cells {
  refuseWithoutCells(written);
  const isTooLong = written.slice(width).some((cell) => cell.trim() !== '');
  if (written.length < width || isTooLong) {
    const reason = `the row has ${written.length} cells where the header has ${width}`;
    throw new RefusedRow(isTooLong ? 'row_too_long' : 'row_too_short', '', reason);
  }
  const cells = Object.fromEntries(
    exportHeader.map((name) => [name, restored(written[places.get(name) ?? -1] ?? '').toWellFormed()]),
  ) as Cells;
  for (const name of exportHeader) {
    if (cells[name].includes('\0')) throw new RefusedRow('text_invalid', name, 'the cell has a NUL character in it');
    if (lengthOf(cells[name]) > (lengthMax[name] ?? 200)) {
      throw new RefusedRow('text_too_long', name, `the cell has more than ${lengthMax[name] ?? 200} characters`);
    }
  }
  return cells;
}

/** What was joined, with a backslash before separators and backslashes within; each part as the API would take it. */
function parted(cells: Cells, name: 'tags' | 'category_path', partMax: number): string[] {
  const parts = cells[name].match(name === 'tags' ? /(?:\\.|[^\\;])+/gs : /(?:\\.|[^\\/])+/gs) ?? [];
  return parts.map((part) => within(part.replaceAll(/\\(.)/gs, '$1'), name, partMax)).filter((part) => part !== '');
}

const nameMax = 200;
const tagMax = 50;
const tagsMax = 50;

function readTags(cells: Cells): string[] {
  const tags = [...new Set(parted(cells, 'tags', tagMax))];
  if (tags.length > tagsMax) {
    throw new RefusedRow('text_too_long', 'tags', `the expense has more than ${tagsMax} tags`);
  }
  return tags;
}

function within(text: string, column: ExportName, max: number): string {
  if (lengthOf(text) > max)
    throw new RefusedRow('text_too_long', column, `${quoted(text)} has more than ${max} characters`);
  return nameIn(text);
}

/** What is called by nothing but blanks is not named. */
const nameIn = (text: string): string => (text.trim() === '' ? '' : text);

/** With a backslash before each character, where parts are joined. */
const lengthMax: Partial<Record<ExportName, number>> = { description: 5_000, category_path: 4_000, tags: 6_000 };

function readPurchase(cells: Cells, given: Reading): Purchase {
  if (!/^(?:posted)?$/i.test(cells.status.trim())) {
    throw skippedRow('not_in_books', 'status', `${quoted(cells.status)}: the expense had been taken out of the books`);
  }
  const expenseDate = readDay(cells, 'expense_date', given);
  const title = cells.title.trim();
  if (title === '') throw new RefusedRow('text_invalid', 'title', 'the expense has no title');
  return {
    expenseDate,
    ...readMoney(cells, given, expenseDate),
    amountColumn: 'amount',
    title,
    vendor: cells.vendor,
    description: cells.description,
    category: nameIn(cells.category),
    categoryPath: parted(cells, 'category_path', nameMax),
    project: nameIn(cells.project),
    account: cells.account.trim() === '' ? undefined : readAccount(cells, given.tenantCurrency),
    tags: readTags(cells),
    paymentMethod: readMethod(cells.payment_method),
    tax: '',
    reference: '',
    sourceId: cells.id.trim().toLowerCase(),
    sourceSpace: exportSpace,
    unread: [],
  };
}

/** What was booked stays as it was, unless these books are kept in another currency. */
function readMoney(cells: Cells, given: Reading, date: string): Pick<Purchase, 'amount' | 'booked' | 'rate'> {
  const { tenantCurrency } = given;
  const amount = readAmount(cells, 'amount', 'currency', given);
  if (amount.amountMinor === 0n) throw new RefusedRow('amount_zero', 'amount', 'the amount is zero');
  if (amount.currency === tenantCurrency) {
    return { amount, booked: amount, rate: { rate: '1', source: 'identity', date } };
  }
  if (cells.booked_currency !== tenantCurrency || cells.booked_amount === '') {
    return { amount, booked: undefined, rate: undefined };
  }
  const booked = readAmount(cells, 'booked_amount', 'booked_currency', given);
  // Rates have no thousands.
  const written = given.decimalMark === ',' ? cells.exchange_rate.replace(',', '.') : cells.exchange_rate;
  const rate = written === '' ? impliedRate(amount, booked) : written;
  if (rate === undefined || !isRate(rate)) {
    throw new RefusedRow('amount_invalid', 'exchange_rate', `${quoted(cells.exchange_rate)} is not a rate`);
  }
  // A rate of a list of somebody else's was given, as far as these books know.
  const kept: RateSource = cells.rate_source === 'billed' || written === '' ? 'billed' : 'given';
  const expected = convert(amount, rate, tenantCurrency);
  const isOff = kept === 'given' && expected.amountMinor !== booked.amountMinor;
  const rateDate = cells.rate_date === '' ? date : readDay(cells, 'rate_date', given);
  return { amount, booked, rate: { rate: withoutZeros(rate), source: isOff ? 'billed' : kept, date: rateDate } };
}

function readAmount(
  cells: Cells,
  name: 'amount' | 'booked_amount',
  currencyName: ExportName,
  { decimalMark }: Reading,
): Money {
  const currency = cells[currencyName];
  if (!isCurrency(currency)) {
    throw new RefusedRow('currency_unknown', currencyName, `${quoted(currency)} is not a currency`);
  }
  const written = readNumber(cells[name]);
  const text = written?.currency === '' ? toDecimalText(written, decimalMark) : undefined;
  const amountMinor =
    text === undefined ? 'amount_invalid' : parseAmount(withoutNeedlessZeros(text, fractionDigits(currency)), currency);
  if (typeof amountMinor === 'string') {
    const reason = `${quoted(cells[name])} is not an amount with ${fractionDigits(currency)} decimals at most`;
    throw new RefusedRow(amountMinor, name, reason);
  }
  if (!isBookable(amountMinor)) {
    throw new RefusedRow('amount_too_large', name, `${quoted(cells[name])} is too large`);
  }
  return { currency, amountMinor };
}

function readDay(cells: Cells, name: 'expense_date' | 'rate_date', { resolve }: Reading): string {
  const cell = cells[name];
  const resolved = cell === '' ? undefined : resolve(cell);
  if (resolved === undefined) throw new RefusedRow('date_missing', name, 'the row has no date');
  if ('date' in resolved) return resolved.date;
  if (resolved.fault === 'date_invalid') throw new RefusedRow('date_invalid', name, `${quoted(cell)} is not a date`);
  throw new RefusedRow('date_out_of_range', name, 'is before 1970 or more than ten years ahead');
}

function readAccount(cells: Cells, tenantCurrency: string): NonNullable<Purchase['account']> {
  return {
    name: cells.account,
    kind: accountKinds.find((kind) => kind === cells.account_kind) ?? 'other',
    currency: isCurrency(cells.account_currency) ? cells.account_currency : tenantCurrency,
  };
}

const readMethod = (cell: string): PaymentMethod | '' => paymentMethods.find((method) => method === cell) ?? '';
