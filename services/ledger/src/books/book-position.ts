import { nilId } from '@outlay/platform';

/** A place among the postings of an account: by effective date, then in the order of recording. */
export interface BookPosition {
  /** YYYY-MM-DD, `-infinity` or `infinity`. */
  date: string;
  /** UTC with microseconds, or infinite. */
  recordedAt: string;
  entryId: string;
  line: number;
}

/** Before everything of a day; with no day, before everything. */
export const startOf = (date = '-infinity'): BookPosition => ({
  date,
  recordedAt: '-infinity',
  entryId: nilId,
  line: 0,
});

/** Behind everything of a day; with no day, behind everything. */
export const endOf = (date = 'infinity'): BookPosition => ({
  date,
  recordedAt: 'infinity',
  entryId: 'ffffffff-ffff-ffff-ffff-ffffffffffff',
  line: 32_767,
});
