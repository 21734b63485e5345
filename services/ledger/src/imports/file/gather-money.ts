import { bindColumns } from './bind-columns.ts';
import { fieldsNamed, normaliseHeader } from './column-names.ts';
import { currencyInHeader, namesCurrency } from './currency-code.ts';
import type { FileFormat } from './file-format.ts';
import type { ImportMapping } from './mapping.ts';
import { nameColumns, plainHeader, saidOf } from './name-columns.ts';
import { readNumber } from './read-number.ts';
import type { Layout } from './recognise-layout.ts';

/** Looks through all rows for money that is not booked. */
export interface MoneyEvidence {
  add(cells: readonly string[]): void;
  conclude(): Pick<FileFormat, 'uncounted'>;
}

/** Numbers with decimals that are no sum of money, or one of which the purchase is no part. */
const noise =
  /balance|\b(limit|available|rate|quantity|qty|hours?|percent|points|miles|km|unit|latitude|longitude|taux|tasso|cambio|menge|anzahl|prozent)\b|kurs\b|saldo|solde|kontostand/;

/** What is paid beside a price, so that whole numbers are money as well; but for numbers of those who take it. */
const extraWords =
  /^(?!.*\b(number|id|code|reference)\b).*(\b(fees?|tips?|gratuity|surcharge|commission|vat|tax|frais|pourboire|propina|comision|commissione|mancia|tva|iva)\b|gebuhr|trinkgeld|provision|mwst|steuer)/;

/** Whether a column says what was paid beside a price, or is part of it, and never the price. */
export const isExtra = (header: string): boolean => extraWords.test(normaliseHeader(plainHeader(header)));

/** The same purchase without its tax: the column that is taken holds it. */
const beforeTax = /\b(net|netto|nett|excl?|excluding|ex)\b/;

const amountFields: ReadonlySet<string> = new Set(['amount', 'original_amount', 'billed_amount', 'debit', 'credit']);

/** What a name is known as, without the currency in it. */
const fieldsOf = (header: string) => {
  const fields = fieldsNamed(normaliseHeader(header));
  return fields.length > 0 ? fields : fieldsNamed(normaliseHeader(currencyInHeader(header)?.rest ?? header));
};

/**
 * Columns of money of which nothing is booked, such as fees, tips and totals beside an amount, but for those that the client
 * leaves out, those that say the same as what is booked, and those that are headed alike, which is told elsewhere.
 */
export function gatherMoney(
  { kind, header, columns }: Pick<Layout, 'kind' | 'header' | 'columns'>,
  { columns: given = {} }: ImportMapping = {},
): MoneyEvidence {
  const { original, billed, debit, credit } = bindColumns({ columns });
  const booked = [original?.amount, billed?.amount, debit, credit].flatMap((column) => column?.index ?? []);
  const read = new Set(columns.flatMap(({ field, index }) => (amountFields.has(field) ? [] : [index])));
  const names = nameColumns(header);
  const normalised = header.map((text) => normaliseHeader(plainHeader(text)));
  const isAmountGiven = columns.some(({ field, isGiven }) => field === 'amount' && isGiven);
  const isAsked = (text: string, index: number): boolean => {
    const name = normalised[index] ?? '';
    const fields = fieldsOf(plainHeader(text));
    // Who says which column is the amount has chosen between it and what is charged.
    const isChoice = isAmountGiven && fields.some(({ field }) => amountFields.has(field));
    return (
      name !== '' &&
      !isChoice &&
      !booked.some((taken) => normalised[taken] === name) &&
      !read.has(index) &&
      saidOf(given, names[index] ?? '', text) === undefined &&
      (fields.length === 0 || fields.some(({ field }) => amountFields.has(field))) &&
      !noise.test(name) &&
      !beforeTax.test(name)
    );
  };
  let asked = kind === 'csv' ? header.flatMap((text, index) => (isAsked(text, index) ? [index] : [])) : [];
  const found = new Set<number>();
  return {
    add(cells) {
      if (asked.length === 0) return;
      const bookedBodies = booked.map((index) => readNumber((cells[index] ?? '').trim())?.body);
      asked = asked.filter((index) => {
        const cell = (cells[index] ?? '').trim();
        if (cell === '') return true;
        const number = readNumber(cell);
        if (!number || (number.currency !== '' && !namesCurrency(number.currency))) return false;
        const { body, currency } = number;
        const isMoney = currency !== '' || /[.,]\d{2}$/.test(body) || extraWords.test(normalised[index] ?? '');
        if (isMoney && /[1-9]/.test(body) && !bookedBodies.includes(body)) found.add(index);
        return true;
      });
    },
    conclude() {
      // What holds anything else than numbers in some row was no money in others.
      return { uncounted: asked.filter((index) => found.has(index)).map((index) => names[index] ?? '') };
    },
  };
}
