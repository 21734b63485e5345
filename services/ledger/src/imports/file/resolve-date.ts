import { type DateOrder, readDate, type WrittenDate } from './read-date.ts';
import { remember } from './remember.ts';

/** A calendar date as YYYY-MM-DD, or why there is none. */
export type ResolvedDate = { date: string } | { fault: 'date_invalid' | 'date_out_of_range' };

/** The first day an expense may have. */
export const dateMin = '1970-01-01';

const yearsAhead = 10;

/** The last day an expense may have: ten years from today. */
export const dateMax = (today: string): string => `${Number(today.slice(0, 4)) + yearsAhead}${today.slice(4)}`;

/** Spreadsheets count from here, as they take 1900 for a leap year. */
const serialZero = Date.UTC(1899, 11, 30);

const dayMs = 86_400_000;

/** The day that a written date means when its numbers stand in the given order. */
export function resolveDate(written: WrittenDate, order: DateOrder, today: string): ResolvedDate {
  const date = toIso(written, order, today);
  if (date === undefined) return { fault: 'date_invalid' };
  return date < dateMin || date > dateMax(today) ? { fault: 'date_out_of_range' } : { date };
}

/** Reads the cells of a column of dates. */
export type DateReader = (cell: string) => ResolvedDate;

/** Makes the reader of a file that writes its dates in these orders. */
export const dateReader = (
  { order, compactOrder }: { order: DateOrder; compactOrder: DateOrder },
  today: string,
): DateReader =>
  remember((cell) => {
    const written = readDate(cell);
    if (written === undefined) return { fault: 'date_invalid' };
    return resolveDate(written, written.kind === 'compact' ? compactOrder : order, today);
  });

function toIso(written: WrittenDate, order: DateOrder, today: string): string | undefined {
  switch (written.kind) {
    case 'numbers': {
      const [first, second, third] = written.numbers;
      // Four digits in front are a year, whatever the other rows do.
      if (first.length === 4) return third.length === 4 ? undefined : isoDate(first, second, third, today);
      if (order === 'ymd') return third.length === 4 ? undefined : isoDate(first, second, third, today);
      return order === 'mdy' ? isoDate(third, first, second, today) : isoDate(third, second, first, today);
    }
    case 'compact': {
      const { digits } = written;
      if (order === 'ymd') return isoDate(digits.slice(0, 4), digits.slice(4, 6), digits.slice(6), today);
      const [first, second, year] = [digits.slice(0, 2), digits.slice(2, 4), digits.slice(4)];
      return order === 'mdy' ? isoDate(year, first, second, today) : isoDate(year, second, first, today);
    }
    case 'named':
      return isoDate(written.year, String(written.month), String(written.day), today);
    case 'serial':
      return new Date(serialZero + written.days * dayMs).toISOString().slice(0, 10);
  }
}

function isoDate(year: string, month: string, day: string, today: string): string | undefined {
  if (year.length !== 4 && year.length !== 2) return undefined;
  const full = year.length === 2 ? centuryOf(year, today) : Number(year);
  const instant = new Date(Date.UTC(full, Number(month) - 1, Number(day)));
  instant.setUTCFullYear(full);
  const isSame = instant.getUTCMonth() === Number(month) - 1 && instant.getUTCDate() === Number(day);
  return isSame ? instant.toISOString().slice(0, 10) : undefined;
}

/** Two digits mean the year of this century, unless that lies further ahead than an expense may. */
function centuryOf(year: string, today: string): number {
  const thisCentury = 2_000 + Number(year);
  return thisCentury > Number(today.slice(0, 4)) + yearsAhead ? thisCentury - 100 : thisCentury;
}
