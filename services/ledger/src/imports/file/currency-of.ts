import { bindColumns, type MoneyColumns } from './bind-columns.ts';
import { toCurrencyCode } from './currency-code.ts';
import type { FileFormat } from './file-format.ts';
import type { ImportMapping } from './mapping.ts';
import { readNumber } from './read-number.ts';
import type { Column } from './recognise-columns.ts';
import { quoted, RefusedRow } from './row-fault.ts';
import { textOf } from './row-text.ts';

/**
 * The currency of a number, as the first of these says it: the cell of its currency, unless all of its column is in one, the
 * sign beside it, its header, the mapping's default; else that of the books. Where several currencies share a sign, those that come later tell which is
 * meant. Throws RefusedRow `currency_unknown`.
 */
export function currencyOf(
  cells: readonly string[],
  { amount, currency }: MoneyColumns,
  beside: string,
  { defaults, tenantCurrency }: { defaults: FileFormat['defaults']; tenantCurrency: string },
): string {
  const given = [defaults?.currency, tenantCurrency];
  const inHeader = amount.currency === undefined ? undefined : toCurrencyCode(amount.currency, given);
  const cell = currency && !amount.isInCurrency ? textOf(cells, currency) : '';
  if (currency && cell !== '') {
    return toCurrencyCode(cell, [inHeader, ...given]) ?? unknown(currency.header, `${quoted(cell)} is not a currency`);
  }
  if (beside !== '') return toCurrencyCode(beside, [inHeader, ...given]) ?? unknown(amount.header, shares(beside));
  if (amount.currency !== undefined) return inHeader ?? unknown(amount.header, shares(amount.currency));
  return defaults?.currency ?? tenantCurrency;
}

/**
 * Makes what tells the currency of a number while it is not yet known how the file writes them; undefined where the row
 * does not tell it.
 */
export function currencyTeller(
  columns: readonly Column[],
  { currency: tenantCurrency, mapping }: { currency: string; mapping?: ImportMapping },
): (cells: readonly string[], column: Column) => string | undefined {
  const bound = bindColumns({ columns: [...columns] });
  const { original, billed, debitCurrency } = bound;
  const given = { defaults: mapping?.defaults ?? {}, tenantCurrency };
  const beside = (column: Column): Column | undefined => {
    if (column === original?.amount) return original.currency;
    return billed ? billed.currency : bound.debit || bound.credit ? debitCurrency : original?.currency;
  };
  return (cells, column) => {
    try {
      const sign = readNumber(cells[column.index] ?? '')?.currency ?? '';
      return currencyOf(cells, { amount: column, currency: beside(column) }, sign, given);
    } catch (error) {
      if (error instanceof RefusedRow) return undefined;
      throw error;
    }
  };
}

const shares = (sign: string): string => `${quoted(sign)} is the sign of several currencies, and nothing says of which`;

function unknown(column: string, reason: string): never {
  throw new RefusedRow('currency_unknown', column, reason);
}
