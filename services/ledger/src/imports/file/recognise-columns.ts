import type { ImportField } from '@outlay/contracts';
import { fieldsNamed, type NamedField, normaliseHeader } from './column-names.ts';
import { currencyInFront, currencyInHeader } from './currency-code.ts';
import { directionOf } from './direction.ts';
import type { ImportMapping } from './mapping.ts';
import { headerLengthMax, nameColumns, plainHeader, saidOf } from './name-columns.ts';
import { readDate } from './read-date.ts';

/** A column of a file and what it says of a purchase. */
export interface Column {
  /** Position, from 0. */
  index: number;
  /** As it stands in the file, on one line and without blanks around it; numbered where it comes again. */
  header: string;
  field: ImportField;
  /** Currency that the header names, as in `Amount (EUR)`; the sign where several share it, as in `Amount ($)`. */
  currency?: string;
  /** All of it is in that currency, whatever a column of currencies says of other amounts. */
  isInCurrency?: boolean;
  /** The client said what it is. */
  isGiven?: boolean;
}

/** Fields that several columns may carry together; of the others the best named column is taken. */
export const sharedFields: ReadonlySet<ImportField> = new Set(['description']);

/** What rows that name it make, where it is not there yet. */
const referenceFields: ReadonlySet<ImportField> = new Set(['account', 'category', 'project']);

/**
 * The columns of a header row that are understood. `sample` are rows below it: their cells decide where a name means
 * one thing in one language and another in the next (`Valuta`). The order of the columns makes no difference. What the
 * client says of a column holds, whatever it is called. Where it leaves out the one that would name an account, a category or
 * a project, no other takes its place: it wants none of them made.
 */
export function recogniseColumns(
  header: readonly string[],
  sample: readonly (readonly string[])[],
  given: ImportMapping['columns'] = {},
): Column[] {
  const names = nameColumns(header);
  const candidates = header.flatMap((text, index) => {
    const place = { index, header: names[index] ?? '' };
    const field = saidOf(given, place.header, text);
    if (field === null) return candidatesOf(text, place, sample).filter(isReference).map(leftOut);
    return field === undefined ? candidatesOf(text, place, sample) : [givenCandidate(text, place, field)];
  });
  const taken = new Map<ImportField, Candidate[]>();
  for (const candidate of withCharged(candidates).toSorted(byRank)) {
    const present = taken.get(candidate.column.field) ?? [];
    // Two that the client gives the same field are both kept, to be refused by whoever can say so.
    const isOneMore = present.length > 0 && !candidate.column.isGiven;
    if (isOneMore && !sharedFields.has(candidate.column.field)) continue;
    taken.set(candidate.column.field, [...present, candidate]);
  }
  const found = [...taken.values()]
    .flat()
    .flatMap(({ column, isLeftOut }) => (isLeftOut ? [] : [inItsCurrency(column)]));
  return withoutOvertaken(found);
}

const charges: ReadonlySet<ImportField> = new Set(['billed_amount', 'debit', 'credit']);

/** Whoever says which column is the amount means it, and not another one that was recognised as what was charged. */
function withoutOvertaken(columns: Column[]): Column[] {
  const isAmountGiven = columns.some(({ field, isGiven }) => field === 'amount' && isGiven);
  const isChargeGiven = columns.some(({ field, isGiven }) => charges.has(field) && isGiven);
  return isAmountGiven && !isChargeGiven ? columns.filter(({ field }) => !charges.has(field)) : columns;
}

const amountFields: ReadonlySet<ImportField> = new Set([
  ...(['amount', 'original_amount', 'billed_amount', 'debit', 'credit'] as const),
]);

const isHeadedByCode = ({ currency = '' }: Column): boolean => /^[A-Z]{3}$/.test(currency);

/** Beside an amount in the currency that another column names, one that is headed by its own is what was charged. */
function withCharged(candidates: readonly Candidate[]): readonly Candidate[] {
  const fields = new Set(candidates.map(({ column }) => column.field));
  const others = [...amountFields].filter((field) => field !== 'amount');
  const hasPlain = candidates.some(({ column }) => column.field === 'amount' && column.currency === undefined);
  if (!hasPlain || !fields.has('currency') || others.some((field) => fields.has(field))) return candidates;
  return candidates.map((candidate) => {
    const { column } = candidate;
    if (column.field !== 'amount' || column.isGiven || !isHeadedByCode(column)) return candidate;
    return { ...candidate, column: { ...column, field: 'billed_amount' } };
  });
}

/** What was paid abroad is in the currency of its row, whatever its header says. */
const inItsCurrency = (column: Column): Column =>
  amountFields.has(column.field) && column.field !== 'original_amount' && isHeadedByCode(column)
    ? { ...column, isInCurrency: true }
    : column;

type Place = Pick<Column, 'index' | 'header'>;

interface Candidate {
  column: Column;
  name: string;
  rank: number;
  isLeftOut?: boolean;
}

const isReference = ({ column }: Candidate): boolean => referenceFields.has(column.field);

const leftOut = (candidate: Candidate): Candidate => ({ ...candidate, isLeftOut: true });

const byRank = (a: Candidate, b: Candidate): number =>
  a.rank - b.rank || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

/** Before everything that was recognised; among themselves in the order in which they would have been, strange names last. */
function givenCandidate(text: string, place: Place, field: ImportField): Candidate {
  const read = [...readings(plainHeader(text))];
  const known = read.flatMap(({ name, currency }) =>
    fieldsNamed(name).flatMap((meaning) => (meaning.field === field ? [{ name, currency, rank: meaning.rank }] : [])),
  )[0];
  const currency = known ? known.currency : read.find((one) => one.currency !== undefined)?.currency;
  const column = { ...place, field, ...(currency && { currency }), isGiven: true };
  return { column, name: known?.name ?? place.header, rank: (known?.rank ?? ranksMax - 1) - ranksMax };
}

/** No field has more names. */
const ranksMax = 1_000;

function candidatesOf(text: string, place: Place, sample: readonly (readonly string[])[]): Candidate[] {
  const header = plainHeader(text);
  if (header.length > headerLengthMax) return [];
  for (const { name, currency, isInFront } of readings(header)) {
    const meanings = fieldsNamed(name).filter(({ field }) => !isInFront || amountFields.has(field));
    if (meanings.length === 0) continue;
    const cells = sample.map((row) => row[place.index]?.trim() ?? '').filter((cell) => cell !== '');
    const meaning = bestMeaning(meanings, cells);
    if (!meaning) continue;
    const { field, rank } = meaning;
    // One that is called so and nothing else goes before.
    return [{ column: { ...place, field, ...(currency && { currency }) }, name, rank: isInFront ? rank + 0.5 : rank }];
  }
  return [];
}

/** A header as it is, then without the currency in it, which is a name's part in some and an addition in others. */
function* readings(header: string): Generator<{ name: string; currency: string | undefined; isInFront?: boolean }> {
  const named = currencyInHeader(header);
  yield { name: normaliseHeader(header), currency: named?.currency };
  if (named) yield { name: normaliseHeader(named.rest), currency: named.currency };
  const withoutZone = header.replace(/\s*\((?:UTC|GMT)\)\s*$/i, '');
  if (withoutZone !== header) yield { name: normaliseHeader(withoutZone), currency: undefined };
  const inFront = named ? undefined : currencyInFront(header);
  if (inFront) yield { name: normaliseHeader(inFront.rest), currency: inFront.currency, isInFront: true };
}

/**
 * The one meaning a name has, or the first that its cells bear out; a direction must be borne out in any case, and a title
 * must not be numbers.
 */
function bestMeaning(meanings: readonly NamedField[], cells: readonly string[]): NamedField | undefined {
  const isBorneOut = ({ field }: NamedField): boolean => {
    const test = tests[field];
    return test === undefined || (cells.length > 0 && cells.filter(test).length * 2 >= cells.length);
  };
  const isOpen = (meaning: NamedField): boolean =>
    meaning.field === 'title'
      ? cells.length === 0 || isBorneOut(meaning)
      : meaning.field !== 'direction' || isBorneOut(meaning);
  const open = meanings.filter(isOpen);
  return open.length > 1 ? (open.find(isBorneOut) ?? open.at(-1)) : open[0];
}

const tests: Partial<Record<ImportField, (cell: string) => boolean>> = {
  expense_date: (cell) => readDate(cell) !== undefined,
  currency: (cell) => /^([A-Za-z]{3}|[€£$¥])$/.test(cell),
  direction: (cell) => directionOf(cell) !== undefined,
  title: (cell) => /\p{L}/u.test(cell),
};
