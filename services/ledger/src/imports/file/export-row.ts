import { fractionDigits, isCurrency, parseAmount } from '@outlay/platform';
import { accountKinds } from '../../domain/account-kind.ts';
import { type PaymentMethod, paymentMethods } from '../../domain/booking.ts';
import { convert, isBookable, isRate, type Money, type RateSource } from '../../domain/money.ts';
import { restored } from '../../exports/write-csv.ts';
import type { ParsedRow, Purchase } from './parse-row.ts';
import { dateMax, dateMin } from './resolve-date.ts';
import { quoted, RefusedRow, skippedRow } from './row-fault.ts';

/** The first line of our own export of expenses. */
export const exportHeader = [
  ...(['id', 'expense_date', 'amount', 'currency', 'booked_amount', 'booked_currency', 'exchange_rate'] as const),
  ...(['rate_source', 'rate_date', 'title', 'description', 'category', 'category_path', 'account'] as const),
  ...(['account_kind', 'account_currency', 'project', 'payment_method', 'tags', 'vendor', 'status'] as const),
  ...(['user_id', 'created_at'] as const),
] as const;

type Name = (typeof exportHeader)[number];
type Cells = Readonly<Record<Name, string>>;

/** Ids of our own are unique wherever they come from. */
export const exportSpace = 'outlay';

/**
 * Makes the parser of an export of ours: each row becomes the expense that it was, in whichever tenant. Only what was in
 * the books comes back; who had recorded it, and when, does not, as somebody else brings it in now.
 */
export function exportRowParser(given: {
  today: string;
  tenantCurrency: string;
}): (cells: readonly string[]) => ParsedRow {
  return (written) => {
    try {
      return { purchase: readPurchase(named(written), given) };
    } catch (error) {
      if (error instanceof RefusedRow) return { fault: error.fault, isSkipped: error.isSkipped };
      throw error;
    }
  };
}

function named(written: readonly string[]): Cells {
  if (written.length !== exportHeader.length) {
    const reason = `the row has ${written.length} cells where the header has ${exportHeader.length}`;
    throw new RefusedRow(written.length < exportHeader.length ? 'row_too_short' : 'row_too_long', '', reason);
  }
  const cells = Object.fromEntries(
    exportHeader.map((name, index) => [name, restored(written[index] ?? '').toWellFormed()]),
  ) as Cells;
  for (const name of exportHeader) {
    if (cells[name].includes('\0')) throw new RefusedRow('text_invalid', name, 'the cell has a NUL character in it');
    if (cells[name].length > (lengthMax[name] ?? 200)) {
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

function within(text: string, column: Name, max: number): string {
  if (text.length > max)
    throw new RefusedRow('text_too_long', column, `${quoted(text)} has more than ${max} characters`);
  return nameIn(text);
}

/** What is called by nothing but blanks is not named. */
const nameIn = (text: string): string => (text.trim() === '' ? '' : text);

/** With a backslash before each character, where parts are joined. */
const lengthMax: Partial<Record<Name, number>> = { description: 5_000, category_path: 4_000, tags: 6_000 };

function readPurchase(cells: Cells, given: { today: string; tenantCurrency: string }): Purchase {
  if (cells.status !== 'posted') {
    throw skippedRow('not_in_books', 'status', `${quoted(cells.status)}: the expense had been taken out of the books`);
  }
  const expenseDate = readDay(cells, 'expense_date');
  if (expenseDate < dateMin || expenseDate > dateMax(given.today)) {
    throw new RefusedRow('date_out_of_range', 'expense_date', 'is before 1970 or more than ten years ahead');
  }
  const title = cells.title.trim();
  if (title === '') throw new RefusedRow('text_invalid', 'title', 'the expense has no title');
  return {
    expenseDate,
    ...readMoney(cells, given.tenantCurrency, expenseDate),
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
  };
}

/** What was booked stays as it was, unless these books are kept in another currency. */
function readMoney(cells: Cells, tenantCurrency: string, date: string): Pick<Purchase, 'amount' | 'booked' | 'rate'> {
  const amount = readAmount(cells, 'amount', 'currency');
  if (amount.amountMinor === 0n) throw new RefusedRow('amount_zero', 'amount', 'the amount is zero');
  if (amount.currency === tenantCurrency) {
    return { amount, booked: amount, rate: { rate: '1', source: 'identity', date } };
  }
  if (cells.booked_currency !== tenantCurrency) return { amount, booked: undefined, rate: undefined };
  const booked = readAmount(cells, 'booked_amount', 'booked_currency');
  const rate = cells.exchange_rate;
  if (!isRate(rate)) throw new RefusedRow('amount_invalid', 'exchange_rate', `${quoted(rate)} is not a rate`);
  // A rate of a list of somebody else's was given, as far as these books know.
  const kept: RateSource = cells.rate_source === 'billed' ? 'billed' : 'given';
  const expected = convert(amount, rate, tenantCurrency);
  const isOff = kept === 'given' && expected.amountMinor !== booked.amountMinor;
  return {
    amount,
    booked,
    rate: { rate, source: isOff ? 'billed' : kept, date: cells.rate_date === '' ? date : readDay(cells, 'rate_date') },
  };
}

function readAmount(cells: Cells, name: 'amount' | 'booked_amount', currencyName: Name): Money {
  const currency = cells[currencyName];
  if (!isCurrency(currency)) {
    throw new RefusedRow('currency_unknown', currencyName, `${quoted(currency)} is not a currency`);
  }
  const amountMinor = parseAmount(cells[name], currency);
  if (typeof amountMinor === 'string') {
    const reason = `${quoted(cells[name])} is not an amount with ${fractionDigits(currency)} decimals at most`;
    throw new RefusedRow(amountMinor, name, reason);
  }
  if (!isBookable(amountMinor)) {
    throw new RefusedRow('amount_too_large', name, `${quoted(cells[name])} is too large`);
  }
  return { currency, amountMinor };
}

function readDay(cells: Cells, name: 'expense_date' | 'rate_date'): string {
  const cell = cells[name];
  const isDay = /^\d{4}-\d\d-\d\d$/.test(cell) && !Number.isNaN(Date.parse(cell));
  if (!isDay || new Date(cell).toISOString().slice(0, 10) !== cell) {
    throw new RefusedRow(cell === '' ? 'date_missing' : 'date_invalid', name, `${quoted(cell)} is not a date`);
  }
  return cell;
}

function readAccount(cells: Cells, tenantCurrency: string): NonNullable<Purchase['account']> {
  return {
    name: cells.account,
    kind: accountKinds.find((kind) => kind === cells.account_kind) ?? 'other',
    currency: isCurrency(cells.account_currency) ? cells.account_currency : tenantCurrency,
  };
}

const readMethod = (cell: string): PaymentMethod | '' => paymentMethods.find((method) => method === cell) ?? '';
