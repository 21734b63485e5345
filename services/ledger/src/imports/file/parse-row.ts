import type { AccountKind, PaymentMethod } from '@outlay/contracts';
import { type AppliedRate, impliedRate, type Money } from '../../domain/money.ts';
import { maskCardNumber } from './account-kind.ts';
import { type BoundColumns, bindColumns } from './bind-columns.ts';
import { paymentTeller } from './card-payment.ts';
import { exportRowParser } from './export-row.ts';
import type { FileFormat } from './file-format.ts';
import { paymentMethodNamed } from './payment-method.ts';
import { type MoneyContext, type ReadMoney, readBilled, readOriginal } from './read-money.ts';
import { type DateReader, dateReader } from './resolve-date.ts';
import { quoted, RefusedRow, type RowFault, refuseWithoutCells, skippedRow } from './row-fault.ts';
import { cut, lengthOf, lineOf, nameOf, textOf } from './row-text.ts';
import { refundTeller } from './says-refund.ts';
import { correctionTeller } from './statements/corrections.ts';
import { statementIncome, statementPending } from './statements/statement-columns.ts';
import { cameBack, isAnnounced, movedNothing } from './status-words.ts';

/** A purchase as a row tells it, with names in place of ids. Empty text: the row does not say. */
export interface Purchase {
  expenseDate: string;
  /** What was paid. */
  amount: Money;
  /** The same in the tenant's currency; undefined where the file does not say and a rate must be looked up. */
  booked: Money | undefined;
  rate: AppliedRate | undefined;
  /** The column of the amount, to be named where there is no such rate. */
  amountColumn: string;
  title: string;
  vendor: string;
  description: string;
  category: string;
  /** Where it stands in the tree, of an export of ours; empty: at the top. */
  categoryPath: readonly string[];
  project: string;
  account: { name: string; kind: AccountKind; currency: string } | undefined;
  tags: string[];
  paymentMethod: PaymentMethod | '';
  tax: string;
  reference: string;
  /** What its source calls it, for ever and nothing else; empty where it does not. */
  sourceId: string;
  /** What its source called it before it was corrected. */
  replacesId?: string;
  /** In which of all sources that id is one; empty: that of the account. */
  sourceSpace: string;
  /** Texts that nobody understands, where the row has no other: they tell it apart and say nothing. */
  unread: readonly string[];
}

/** A row's purchase, or the first thing that is wrong with it, or why it is none. */
export type ParsedRow = { purchase: Purchase } | { fault: RowFault; isSkipped: boolean };

/** Makes the parser of one file's rows. `today` bounds dates; what has no currency is in the tenant's. */
export function rowParser(
  format: FileFormat,
  given: { today: string; tenantCurrency: string },
): (cells: readonly string[]) => ParsedRow {
  const bound = bindColumns(format);
  const context = { bound, format, tenantCurrency: given.tenantCurrency };
  const says = { refund: refundTeller(format.columns), payment: paymentTeller(format.columns) };
  const replacedBy = format.kind === 'ofx' ? correctionTeller(format.corrected) : undefined;
  const resolve = dateReader(format.dates, given.today);
  if (format.kind === 'outlay') return exportRowParser(format, { ...given, resolve });
  return (cells) => {
    try {
      checkShape(cells, bound, format);
      if (format.kind === 'camt053') checkEntry(cells, bound);
      const expenseDate = readDay(cells, bound, format, resolve);
      const money = settle(readOriginal(cells, context), readBilled(cells, context), expenseDate, context);
      checkSide(cells, bound, format, money, says);
      const replacesId = replacedBy?.(cells);
      return {
        purchase: { expenseDate, ...money, ...describe(cells, context, money), ...(replacesId && { replacesId }) },
      };
    } catch (error) {
      if (error instanceof RefusedRow) return { fault: error.fault, isSkipped: error.isSkipped };
      throw error;
    }
  };
}

type RowContext = MoneyContext & { format: FileFormat };

/** Money that came back is a refund, unless it is said to be none of the spending. */
function checkSide(
  cells: readonly string[],
  bound: BoundColumns,
  format: FileFormat,
  { amount, amountColumn }: Pick<Purchase, 'amount' | 'amountColumn'>,
  says: { refund: ReturnType<typeof refundTeller>; payment: ReturnType<typeof paymentTeller> },
): void {
  const cameIn = amount.amountMinor < 0n;
  const status = lineOf(cells, bound.status);
  // Of what came back, the row that says so with a minus is the refund itself.
  if (format.kind === 'csv' && bound.status && !cameIn && cameBack(status)) {
    throw new RefusedRow('not_completed', bound.status.header, `${quoted(status)}: the money came back`);
  }
  if (format.kind === 'csv' && cameIn && says.payment(cells) !== undefined) {
    throw skippedRow('income', amountColumn, 'what was paid to the issuer of the card is no expense');
  }
  if (format.credits !== 'skip') return;
  const isIncome = format.kind === 'csv' ? cameIn && !says.refund(cells) : status === statementIncome;
  if (isIncome) throw skippedRow('income', amountColumn, 'money that came in is no expense');
}

function checkShape(cells: readonly string[], bound: BoundColumns, format: FileFormat): void {
  refuseWithoutCells(cells);
  if (cells.every((cell) => cell.trim() === ''))
    throw new RefusedRow('row_empty', '', 'all cells of the row are empty');
  if (cells.length < bound.widthMin) {
    const reason = `the row has ${cells.length} of the ${format.width} cells of the header`;
    throw new RefusedRow('row_too_short', '', reason);
  }
  const status = lineOf(cells, bound.status);
  if (bound.status && movedNothing(status)) {
    throw new RefusedRow('not_completed', bound.status.header, `${quoted(status)}: no money was moved`);
  }
  const isPending = format.kind === 'csv' ? isAnnounced(status) : status === statementPending;
  if (isPending) {
    throw skippedRow('not_booked', bound.status?.header ?? '', 'the bank has not booked it yet');
  }
  // A delimiter inside an unquoted text moves all that follows into the wrong columns.
  if (format.kind === 'csv' && cells.slice(format.width).some((cell) => cell.trim() !== '')) {
    const reason = `the row has ${cells.length} cells where the header has ${format.width}`;
    throw new RefusedRow('row_too_long', '', reason);
  }
}

/** An entry of CAMT.053 says beside its amount, which has no sign, which way the money went (ISO 20022). */
function checkEntry(cells: readonly string[], { direction, billed }: BoundColumns): void {
  const amount = textOf(cells, billed?.amount);
  if (amount === '') return;
  if (direction && lineOf(cells, direction) === '') {
    const reason = 'the row does not say whether it is a debit or a credit';
    throw new RefusedRow('amount_invalid', direction.header, reason);
  }
  if (billed && amount.startsWith('-')) {
    const reason = `${quoted(amount)} has a minus, beside what says which way the money went`;
    throw new RefusedRow('amount_invalid', billed.amount.header, reason);
  }
}

function readDay(
  cells: readonly string[],
  { date }: BoundColumns,
  { dates: { text } }: FileFormat,
  resolve: DateReader,
): string {
  const cell = textOf(cells, date);
  const header = date?.header ?? '';
  if (cell === '') throw new RefusedRow('date_missing', header, 'the row has no date');
  const resolved = resolve(cell);
  if ('date' in resolved) return resolved.date;
  if (resolved.fault === 'date_out_of_range') {
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
  { bound, format, tenantCurrency }: RowContext,
): Pick<Purchase, 'amount' | 'booked' | 'rate' | 'amountColumn'> {
  const { original: paid, billed: charged, debit, credit } = bound;
  // Few bookings of a statement say what was paid abroad.
  const column = (format.kind === 'csv' ? (paid ?? charged) : (charged ?? paid))?.amount ?? debit ?? credit;
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
  const amountColumn = (own ?? first).column.header;
  if (!own) {
    const { currency, amountMinor } = first;
    return { amount: { currency, amountMinor }, booked: undefined, rate: undefined, amountColumn };
  }
  const foreign = own === billed && second && second.currency !== tenantCurrency ? second : undefined;
  const booked = { currency: own.currency, amountMinor: own.amountMinor };
  if (!foreign) return { amount: booked, booked, rate: { rate: '1', source: 'identity', date }, amountColumn };

  const amount = { currency: foreign.currency, amountMinor: foreign.amountMinor };
  const rate = impliedRate(amount, booked);
  if (rate === undefined) {
    const reason = 'no exchange rate leads from the original amount to the billed one';
    throw new RefusedRow('amount_invalid', own.column.header, reason);
  }
  return { amount, booked, rate: { rate, source: 'billed', date }, amountColumn };
}

/** Beside a debit and a credit column, the sign of the other amount says nothing new and may be the other way round. */
function signedLike(original: ReadMoney, billed: ReadMoney | undefined): ReadMoney {
  if (!billed || original.amountMinor < 0n === billed.amountMinor < 0n) return original;
  return { ...original, amountMinor: -original.amountMinor };
}

const titleLengthMax = 200;

function describe(
  cells: readonly string[],
  { bound, format, tenantCurrency }: RowContext,
  { amount, booked }: Pick<Purchase, 'amount' | 'booked'>,
): Omit<Purchase, 'expenseDate' | 'amount' | 'booked' | 'rate' | 'amountColumn'> {
  const { defaults } = format;
  const vendor = nameOf(cells, bound.vendor);
  const texts = [...new Set(bound.descriptions.map((column) => lineOf(cells, column)).filter((text) => text !== ''))];
  const category = nameOf(cells, bound.category) || (defaults?.category ?? '');
  const tax = lineOf(cells, bound.tax);
  const hasOtherText = vendor !== '' || texts.length > 0;
  const said = bound.title?.isFallback && hasOtherText ? '' : lineOf(cells, bound.title);
  const mainText = said || (vendor === '' ? (texts[0] ?? '') : '');
  const title = mainText || vendor || category || 'Purchase without a name';
  // A text that became the title as a whole is not said twice; one that is too long for it is kept as a whole.
  const isWhole = lengthOf(mainText) <= titleLengthMax;
  const notes = isWhole ? texts.filter((text) => text !== mainText) : [...new Set([mainText, ...texts])];
  const reference = lineOf(cells, bound.reference);
  const sourceId = lineOf(cells, bound.sourceId);
  const isSaid = [mainText, vendor, nameOf(cells, bound.category), reference, sourceId].some((text) => text !== '');
  const accountName = maskCardNumber(nameOf(cells, bound.account) || (defaults?.account ?? ''));
  // A statement is kept in the currency of its account.
  const accountCurrency = format.kind === 'csv' ? tenantCurrency : (booked ?? amount).currency;
  return {
    title: shorten(title),
    vendor,
    description: cut([...notes, ...(tax === '' ? [] : [`VAT: ${tax}`])].join('\n'), descriptionLengthMax),
    category,
    categoryPath: [],
    project: nameOf(cells, bound.project) || (defaults?.project ?? ''),
    account:
      accountName === ''
        ? undefined
        : { name: accountName, kind: bound.account?.kind ?? 'other', currency: accountCurrency },
    tags: readTags(cells, bound),
    paymentMethod: paymentMethodNamed(textOf(cells, bound.paymentMethod)),
    tax,
    reference,
    sourceId,
    sourceSpace: '',
    unread: isSaid || format.version === 1 ? [] : unreadOf(cells, format),
  };
}

/** Texts of a row in which none is understood, in an order that is theirs whatever that of the columns. */
function unreadOf(cells: readonly string[], { columns }: FileFormat): string[] {
  const read = new Set(columns.map(({ index }) => index));
  return cells
    .filter((cell, index) => !read.has(index) && /\p{L}/u.test(cell))
    .map((cell) => cell.replaceAll('\0', '').toWellFormed());
}

const descriptionLengthMax = 5_000;

const shorten = (title: string): string =>
  lengthOf(title) <= titleLengthMax ? title : `${cut(title, titleLengthMax - 1).trimEnd()}…`;

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
