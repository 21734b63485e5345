import { fractionDigits, isBookable, parseAmount } from '@outlay/platform';
import type { Money } from '../../domain/money.ts';
import type { BoundColumns, MoneyColumns } from './bind-columns.ts';
import { namesCurrency } from './currency-code.ts';
import { currencyOf } from './currency-of.ts';
import { directionOf } from './direction.ts';
import type { FileFormat } from './file-format.ts';
import { readNumber } from './read-number.ts';
import type { Column } from './recognise-columns.ts';
import { quoted, RefusedRow } from './row-fault.ts';
import { cellOf, textOf } from './row-text.ts';
import { toDecimalText } from './to-decimal-text.ts';

/** What is known of a file when its rows are read. */
export interface MoneyContext {
  bound: BoundColumns;
  format: Pick<FileFormat, 'version' | 'decimalMark' | 'signs' | 'defaults'>;
  tenantCurrency: string;
}

/** A sum as a row has it, and the column it stands in. */
export interface ReadMoney extends Money {
  column: Column;
}

/** What was paid in the shop, or the only amount there is; undefined where its cell is blank. Throws RefusedRow. */
export function readOriginal(cells: readonly string[], context: MoneyContext): ReadMoney | undefined {
  const { original } = context.bound;
  return original && readMoney(cells, original, context.format.signs.amount, context);
}

/** What the card or the account was charged; undefined where the file does not tell. Throws RefusedRow. */
export function readBilled(cells: readonly string[], context: MoneyContext): ReadMoney | undefined {
  const { billed, debit, credit, debitCurrency: currency } = context.bound;
  if (billed) return readMoney(cells, billed, context.format.signs.amount, context);
  const { signs } = context.format;
  const spent = debit && readMoney(cells, { amount: debit, currency }, signs.debit, context);
  const returned = credit && readMoney(cells, { amount: credit, currency }, signs.credit, context);
  if (spent?.amountMinor && returned?.amountMinor) {
    throw new RefusedRow('amount_invalid', returned.column.header, 'the row has both a debit and a credit');
  }
  return spent?.amountMinor ? spent : returned?.amountMinor ? returned : (spent ?? returned);
}

function readMoney(
  cells: readonly string[],
  columns: MoneyColumns,
  sign: 1 | -1,
  { bound, format, tenantCurrency }: MoneyContext,
): ReadMoney | undefined {
  const { amount: column } = columns;
  const cell = textOf(cells, column);
  if (cell === '') return undefined;
  const written = readNumber(cell);
  const text = written && toDecimalText(written, format.decimalMark);
  if (!written || text === undefined) throw notAnAmount(column, cell);

  if (written.currency !== '' && !namesCurrency(written.currency)) throw notAnAmount(column, cell);
  const currency = currencyOf(cells, columns, written.currency, { defaults: format.defaults, tenantCurrency });

  const amountMinor = parseAmount(withoutNeedlessZeros(text, fractionDigits(currency)), currency);
  if (amountMinor === 'amount_invalid') throw notAnAmount(column, cell);
  if (amountMinor === 'amount_too_precise') {
    throw new RefusedRow('amount_too_precise', column.header, `${quoted(cell)} has more decimals than ${currency} has`);
  }
  if (!isBookable(amountMinor)) {
    throw new RefusedRow('amount_too_large', column.header, `${quoted(cell)} is too large`);
  }
  const direction = bound.direction && directionOf(cellOf(cells, bound.direction), format.version);
  if (direction === undefined) return { amountMinor: amountMinor * BigInt(sign), currency, column };
  return { amountMinor: (amountMinor < 0n ? -amountMinor : amountMinor) * BigInt(direction), currency, column };
}

const notAnAmount = (column: Column, cell: string): RefusedRow =>
  new RefusedRow('amount_invalid', column.header, `${quoted(cell)} is not an amount`);

/** Exports with four decimals for every currency mean no more by `72.6100` than by `72.61`. */
export function withoutNeedlessZeros(text: string, digits: number): string {
  const point = text.indexOf('.');
  if (point === -1) return text;
  const kept = text.slice(point + 1, point + 1 + digits);
  const rest = text.slice(point + 1 + digits);
  if (/[^0]/.test(rest)) return text;
  return kept === '' ? text.slice(0, point) : `${text.slice(0, point)}.${kept}`;
}
