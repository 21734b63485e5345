import type { PaymentMethod } from '../../domain/booking.ts';
import { type AppliedRate, impliedRate, type Money } from '../../domain/money.ts';
import { type AccountKind, maskCardNumber } from './account-kind.ts';
import { type BoundColumns, bindColumns } from './bind-columns.ts';
import type { FileFormat } from './file-format.ts';
import { paymentMethodNamed } from './payment-method.ts';
import { readDate } from './read-date.ts';
import { type ReadMoney, readBilled, readOriginal } from './read-money.ts';
import { resolveDate } from './resolve-date.ts';
import { quoted, RefusedRow, type RowFault } from './row-fault.ts';
import { cut, lineOf, nameOf, textOf } from './row-text.ts';

/** A purchase as a row tells it, with names in place of ids. Empty text: the row does not say. */
export interface Purchase {
  expenseDate: string;
  /** What was paid. */
  amount: Money;
  /** The same in the tenant's currency. */
  booked: Money;
  rate: AppliedRate;
  title: string;
  vendor: string;
  description: string;
  category: string;
  project: string;
  account: { name: string; kind: AccountKind; currency: string } | undefined;
  tags: string[];
  paymentMethod: PaymentMethod | '';
  tax: string;
  reference: string;
}

/** A row's purchase, or the first thing that is wrong with it. */
export type ParsedRow = { purchase: Purchase } | { fault: RowFault };

/** Makes the parser of one file's rows. `today` bounds dates; what has no currency is in the tenant's. */
export function rowParser(
  format: FileFormat,
  given: { today: string; tenantCurrency: string },
): (cells: readonly string[]) => ParsedRow {
  const bound = bindColumns(format);
  const context = { bound, format, tenantCurrency: given.tenantCurrency };
  return (cells) => {
    try {
      checkShape(cells, bound, format);
      const expenseDate = readDay(cells, bound, format, given.today);
      const money = settle(readOriginal(cells, context), readBilled(cells, context), expenseDate, context);
      return { purchase: { expenseDate, ...money, ...describe(cells, bound, given.tenantCurrency) } };
    } catch (error) {
      if (error instanceof RefusedRow) return { fault: error.fault };
      throw error;
    }
  };
}

function checkShape(cells: readonly string[], bound: BoundColumns, format: FileFormat): void {
  if (cells.every((cell) => cell.trim() === ''))
    throw new RefusedRow('row_empty', '', 'all cells of the row are empty');
  if (cells.length < bound.widthMin) {
    const reason = `the row has ${cells.length} of the ${format.width} cells of the header`;
    throw new RefusedRow('row_too_short', '', reason);
  }
  const status = lineOf(cells, bound.status);
  if (bound.status && /^(declined|reverted|failed|cancell?ed|rejected|void|voided|denied|expired)$/i.test(status)) {
    throw new RefusedRow('not_completed', bound.status.header, `${quoted(status)}: no money was moved`);
  }
  // A delimiter inside an unquoted text moves all that follows into the wrong columns.
  if (cells.slice(format.width).some((cell) => cell.trim() !== '')) {
    const reason = `the row has ${cells.length} cells where the header has ${format.width}`;
    throw new RefusedRow('row_too_long', '', reason);
  }
}

function readDay(cells: readonly string[], { date }: BoundColumns, format: FileFormat, today: string): string {
  const cell = textOf(cells, date);
  const header = date?.header ?? '';
  if (cell === '') throw new RefusedRow('date_missing', header, 'the row has no date');
  const written = readDate(cell);
  const { order, compactOrder, text } = format.dates;
  const resolved = written && resolveDate(written, written.kind === 'compact' ? compactOrder : order, today);
  if (resolved && 'date' in resolved) return resolved.date;
  if (resolved?.fault === 'date_out_of_range') {
    throw new RefusedRow('date_out_of_range', header, `${quoted(cell)} is before 1970 or more than ten years ahead`);
  }
  const expected = text === '' ? '' : ` in the form ${text}`;
  throw new RefusedRow('date_invalid', header, `${quoted(cell)} is not a date${expected}`);
}

/** Brings a row's amounts together: what was charged in the tenant's currency is what is booked. */
function settle(
  original: ReadMoney | undefined,
  billed: ReadMoney | undefined,
  date: string,
  { bound, tenantCurrency }: { bound: BoundColumns; tenantCurrency: string },
): Pick<Purchase, 'amount' | 'booked' | 'rate'> {
  const column = bound.original?.amount ?? bound.billed?.amount ?? bound.debit ?? bound.credit;
  const given = [billed, original && bound.billed === undefined ? signedLike(original, billed) : original].filter(
    (money) => money !== undefined,
  );
  if (given.length === 0) throw new RefusedRow('amount_missing', column?.header ?? '', 'the row has no amount');
  const [first, second] = given.filter((money) => money.amountMinor !== 0n);
  // Something paid that was charged as nothing, or as the other way round, is not a purchase that can be booked.
  if (!first || (billed && billed.amountMinor === 0n)) {
    throw new RefusedRow('amount_zero', (billed ?? original)?.column.header ?? '', 'the amount is zero');
  }
  const own = [first, second].find((money) => money?.currency === tenantCurrency);
  if (!own) {
    const reason = `the amount is in ${first.currency}, and nothing says what it is in ${tenantCurrency}`;
    throw new RefusedRow('exchange_rate_missing', first.column.header, reason);
  }
  const foreign = own === billed && second && second.currency !== tenantCurrency ? second : undefined;
  const booked = { currency: own.currency, amountMinor: own.amountMinor };
  if (!foreign) return { amount: booked, booked, rate: { rate: '1', source: 'identity', date } };

  const amount = { currency: foreign.currency, amountMinor: foreign.amountMinor };
  const rate = impliedRate(amount, booked);
  if (rate === undefined) {
    const reason = 'no exchange rate leads from the original amount to the billed one';
    throw new RefusedRow('amount_invalid', own.column.header, reason);
  }
  return { amount, booked, rate: { rate, source: 'billed', date } };
}

/** Beside a debit and a credit column, the sign of the other amount says nothing new and may be the other way round. */
function signedLike(original: ReadMoney, billed: ReadMoney | undefined): ReadMoney {
  if (!billed || original.amountMinor < 0n === billed.amountMinor < 0n) return original;
  return { ...original, amountMinor: -original.amountMinor };
}

const titleLengthMax = 200;

function describe(
  cells: readonly string[],
  bound: BoundColumns,
  tenantCurrency: string,
): Omit<Purchase, 'expenseDate' | 'amount' | 'booked' | 'rate'> {
  const vendor = nameOf(cells, bound.vendor);
  const texts = [...new Set(bound.descriptions.map((column) => lineOf(cells, column)).filter((text) => text !== ''))];
  const category = nameOf(cells, bound.category);
  const tax = lineOf(cells, bound.tax);
  const [mainText = ''] = texts;
  const title = vendor || mainText || category || 'Purchase without a name';
  // A text that became the title as a whole is not said twice.
  const notes = vendor === '' && mainText.length <= titleLengthMax ? texts.slice(1) : texts;
  const accountName = maskCardNumber(nameOf(cells, bound.account));
  return {
    title: shorten(title),
    vendor,
    description: cut([...notes, ...(tax === '' ? [] : [`VAT: ${tax}`])].join('\n'), descriptionLengthMax),
    category,
    project: nameOf(cells, bound.project),
    account:
      bound.account && accountName !== ''
        ? { name: accountName, kind: bound.account.kind, currency: tenantCurrency }
        : undefined,
    tags: readTags(cells, bound),
    paymentMethod: paymentMethodNamed(textOf(cells, bound.paymentMethod)),
    tax,
    reference: lineOf(cells, bound.reference),
  };
}

const descriptionLengthMax = 5_000;

const shorten = (title: string): string =>
  title.length <= titleLengthMax ? title : `${cut(title, titleLengthMax - 1).trimEnd()}…`;

function readTags(cells: readonly string[], { tags }: BoundColumns): string[] {
  const text = nameOf(cells, tags);
  const names = tags?.isList ? text.split(/[,;|]/).map((name) => name.trim()) : [text];
  return [...new Set(names.map((name) => cut(name, tagLengthMax).trim()).filter((name) => name !== ''))].slice(
    0,
    tagsMax,
  );
}

const tagLengthMax = 50;
const tagsMax = 50;
