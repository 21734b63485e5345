import { monthNamed } from './month-names.ts';

/** In which order the numbers of a date stand. */
export type DateOrder = 'dmy' | 'mdy' | 'ymd';

/** A date as it is written, before it is known which number is the day. */
export type WrittenDate =
  /** Three numbers with a separator: 03/01/17, 3.1.2017, 2017-01-03. */
  | { kind: 'numbers'; numbers: readonly [string, string, string]; separator: string }
  /** Eight digits: 20170103. */
  | { kind: 'compact'; digits: string }
  /** The month is a word: 3 Jan 2017, January 3, 2017. */
  | { kind: 'named'; day: number; month: number; year: string }
  /** Days since the end of 1899, as spreadsheets keep them: 42738. */
  | { kind: 'serial'; days: number };

const timeOfDay = /[T,\s]+(\d{1,2}[:.h]\d{2}|\d{1,2}\s*[ap]m\b).*$/i;
const numbersPattern = /^(\d{1,4})\s?([-/. ])\s?(\d{1,2})\s?\2\s?(\d{2}|\d{4})\.?$/;
const dayFirstPattern = /^(\d{1,2})(?:st|nd|rd|th)?[-/. ]*([\p{L}\p{M}]{3,})[-/.,' ]*(\d{2}|\d{4})$/iu;
const monthFirstPattern = /^([\p{L}\p{M}]{3,})[-/. ]*(\d{1,2})(?:st|nd|rd|th)?[-/., ]+(\d{2}|\d{4})$/iu;
const weekday = /^\p{L}{2,10}\.?,?\s+(?=\d|\p{L}{3})/u;

/** Longer texts are no dates, and are not worth the time. */
const lengthMax = 60;

/** Reads a cell as a date; the time of day and the day of the week are left out. Undefined: it is not a date. */
export function readDate(cell: string): WrittenDate | undefined {
  if (cell.length > lengthMax) return undefined;
  const text = cell.trim().replace(timeOfDay, '');
  return readShape(text) ?? (weekday.test(text) ? readShape(text.replace(weekday, '')) : undefined);
}

function readShape(text: string): WrittenDate | undefined {
  const [, first, separator, second, third] = numbersPattern.exec(text) ?? [];
  if (first !== undefined && separator !== undefined && second !== undefined && third !== undefined) {
    return first.length === 3 ? undefined : { kind: 'numbers', numbers: [first, second, third], separator };
  }
  if (/^\d{8}$/.test(text)) return { kind: 'compact', digits: text };
  if (/^\d{5}(\.\d+)?$/.test(text)) return { kind: 'serial', days: Math.floor(Number(text)) };
  return readNamed(text);
}

function readNamed(text: string): WrittenDate | undefined {
  const [, dayFirst, nameSecond, yearLast] = dayFirstPattern.exec(text) ?? [];
  const [, nameFirst, daySecond, yearThird] = monthFirstPattern.exec(text) ?? [];
  const day = dayFirst ?? daySecond;
  const name = nameSecond ?? nameFirst;
  const year = yearLast ?? yearThird;
  const month = name === undefined ? undefined : monthNamed(name);
  if (day === undefined || month === undefined || year === undefined) return undefined;
  return { kind: 'named', day: Number(day), month, year };
}
