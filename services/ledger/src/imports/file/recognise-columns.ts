import { isCurrency } from '@outlay/platform';
import { type Field, fieldsNamed, type NamedField, normaliseHeader } from './column-names.ts';
import { directionOf } from './direction.ts';
import { readDate } from './read-date.ts';

/** A column of a file and what it says of a purchase. */
export interface Column {
  /** Position, from 0. */
  index: number;
  /** As it stands in the file, on one line and without blanks around it. */
  header: string;
  field: Field;
  /** Currency that the header names, as in `Amount (EUR)`. */
  currency?: string;
}

/** Fields that several columns may carry together; of the others the best named column is taken. */
const sharedFields: ReadonlySet<Field> = new Set(['description']);

/**
 * The columns of a header row that are understood. `sample` are rows below it: their cells decide where a name means
 * one thing in one language and another in the next (`Valuta`). The order of the columns makes no difference.
 */
export function recogniseColumns(header: readonly string[], sample: readonly (readonly string[])[]): Column[] {
  const candidates = header.flatMap((text, index) => candidatesOf(text, index, sample));
  const taken = new Map<Field, Candidate[]>();
  for (const candidate of candidates.toSorted(byRank)) {
    const present = taken.get(candidate.column.field) ?? [];
    if (present.length > 0 && !sharedFields.has(candidate.column.field)) continue;
    taken.set(candidate.column.field, [...present, candidate]);
  }
  return [...taken.values()].flat().map((candidate) => candidate.column);
}

interface Candidate {
  column: Column;
  name: string;
  rank: number;
}

const byRank = (a: Candidate, b: Candidate): number =>
  a.rank - b.rank || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

/** No column is called by more characters than this. */
const headerLengthMax = 200;

/** On one line, and of characters that can be stored. */
const plainHeader = (text: string): string =>
  text
    .replaceAll(/\p{Cc}+/gu, ' ')
    .toWellFormed()
    .trim();

function candidatesOf(text: string, index: number, sample: readonly (readonly string[])[]): Candidate[] {
  const header = plainHeader(text);
  if (header.length > headerLengthMax) return [];
  for (const { name, currency } of readings(header)) {
    const meanings = fieldsNamed(name);
    if (meanings.length === 0) continue;
    const cells = sample.map((row) => row[index]?.trim() ?? '').filter((cell) => cell !== '');
    const meaning = bestMeaning(meanings, cells);
    if (!meaning) continue;
    const { field, rank } = meaning;
    return [{ column: { index, header, field, ...(currency && { currency }) }, name, rank }];
  }
  return [];
}

/** A header as it is, then without the currency at its end, which is a name's part in some and an addition in others. */
function* readings(header: string): Generator<{ name: string; currency: string | undefined }> {
  yield {
    name: normaliseHeader(header),
    currency: header.includes('€') ? 'EUR' : header.includes('£') ? 'GBP' : undefined,
  };
  const [, name, written = ''] = /^(.*?)[\s([_-]+(?:in\s+)?([A-Z]{3}|\$)\s*[)\]]?$/.exec(header) ?? [];
  const currency = written === '$' ? 'USD' : written;
  if (name !== undefined && isCurrency(currency)) yield { name: normaliseHeader(name), currency };
}

/** The one meaning a name has, or the first that its cells bear out; a direction must be borne out in any case. */
function bestMeaning(meanings: readonly NamedField[], cells: readonly string[]): NamedField | undefined {
  const isBorneOut = ({ field }: NamedField): boolean => {
    const test = tests[field];
    return test === undefined || (cells.length > 0 && cells.filter(test).length * 2 >= cells.length);
  };
  const open = meanings.filter((meaning) => meaning.field !== 'direction' || isBorneOut(meaning));
  return open.length > 1 ? (open.find(isBorneOut) ?? open.at(-1)) : open[0];
}

const tests: Partial<Record<Field, (cell: string) => boolean>> = {
  expense_date: (cell) => readDate(cell) !== undefined,
  currency: (cell) => /^([A-Za-z]{3}|[€£$¥])$/.test(cell),
  direction: (cell) => directionOf(cell) !== undefined,
};
