import { describe, expect, it } from '@jest/globals';
import { readPurchases } from '../../../test/read-purchases.ts';
import { exportHeader } from './export-columns.ts';

const long = 'x'.repeat(70_000);

describe('a line of more than 64 kB', () => {
  it.each([
    ['plain', `2025-01-03,${long},2.00`],
    ['quoted', `2025-01-03,"${long}",2.00`],
    ['no row at all', long.repeat(3)],
  ])('(%s) is refused alone', async (_what, line) => {
    const text = `Date,Merchant,Amount\n2025-01-02,"a, b",1.00\n${line}\n2025-01-04,"c ""d""",3.00\n`;

    const { purchases, refused, format } = await readPurchases(text, 'EUR');

    expect(refused).toEqual([[3, 'row_too_long']]);
    expect(purchases.map(({ vendor }) => vendor)).toEqual(['a, b', 'c "d"']);
    expect(format.quoting).toBe('mended');
  });

  it('is refused in an export of ours as well', async () => {
    const { refused } = await readPurchases(`${exportHeader.join(',')}\n${long}\n`, 'EUR');

    expect(refused).toEqual([[2, 'row_too_long']]);
  });
});
