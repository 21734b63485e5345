import { describe, expect, it } from '@jest/globals';
import { createRowGuard } from './row-guard.ts';

const take = (guard: ReturnType<typeof createRowGuard>, count: number, cells: string[], hasDate = false): void => {
  for (let row = 0; row < count; row++) guard.take(cells, hasDate);
};

describe('a file is given up', () => {
  it('at one row too many', () => {
    const guard = createRowGuard({ rowsMax: 1_000 });
    take(guard, 1_000, ['2025-01-01', '1'], true);

    expect(() => take(guard, 1, ['2025-01-01', '1'], true)).toThrow(
      expect.objectContaining({ code: 'too_many_rows', message: 'The file has more than 1,000 rows; split it' }),
    );
  });

  it('where after ten thousand rows hardly any had a date', () => {
    const guard = createRowGuard();
    take(guard, 1, ['2025-01-01', '1'], true);
    take(guard, 10_000, ['x']);

    expect(() => take(guard, 1, ['x'])).toThrow(expect.objectContaining({ code: 'file_unreadable' }));
  });

  it('but not for the empty rows of a spreadsheet, nor where one row in a hundred is a purchase', () => {
    const blank = createRowGuard();
    const mixed = createRowGuard();
    take(mixed, 1_000, ['2025-01-01', '1'], true);

    expect(() => take(blank, 50_000, ['', ' '])).not.toThrow();
    expect(() => take(mixed, 99_000, ['x'])).not.toThrow();
    expect(() => take(mixed, 1, ['x'])).toThrow(expect.objectContaining({ code: 'file_unreadable' }));
  });
});
