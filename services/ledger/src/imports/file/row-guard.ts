import { UnreadableFile } from './unreadable-file.ts';

/** Data rows of a file; a year of a large company's purchases has a tenth of that. */
export const rowsMax = 2_000_000;

/** From so many rows on that are no purchases, a file of hardly anything else is none of purchases. */
const strayMax = 10_000;

/** Looks on while the rows of a file are read for the first time. */
export interface RowGuard {
  /** Throws UnreadableFile, where the file is not worth reading on. */
  take(cells: readonly string[], hasDate: boolean): void;
}

/**
 * Gives a file up that would take long for nothing: one of too many rows, or one of which not one row in a hundred has a
 * date, after ten thousand without. Rows of empty cells do not count, as spreadsheets save thousands of them below the last.
 */
export function createRowGuard(limits: { rowsMax?: number; strayMax?: number } = {}): RowGuard {
  const most = limits.rowsMax ?? rowsMax;
  const strayMost = limits.strayMax ?? strayMax;
  let rows = 0;
  let dated = 0;
  let stray = 0;
  return {
    take(cells, hasDate) {
      if (++rows > most) {
        throw new UnreadableFile('too_many_rows', `The file has more than ${most.toLocaleString('en')} rows; split it`);
      }
      if (hasDate) dated++;
      else if (cells.some((cell) => cell.trim() !== '')) stray++;
      if (stray > strayMost && stray > 99 * dated) {
        const message = `Hardly any of the first ${rows.toLocaleString('en')} rows of the file has a date`;
        throw new UnreadableFile('file_unreadable', message);
      }
    },
  };
}
