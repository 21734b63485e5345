import { describe, expect, it } from '@jest/globals';
import { readPurchases } from '../../../test/read-purchases.ts';

const table = 'Date,Merchant,Amount\n2025-06-10,Tea,1.00\n';

describe('the line of the header', () => {
  it.each([
    [61, 'a title'],
    [1_000, 'a title'],
    [1_000, `a title of ${'many '.repeat(30)}words`],
    [200, 'a title of 5" and 7'],
  ])('is found on line %d where that is said, below %j', async (line, title) => {
    const text = `${title}\n`.repeat(line - 1) + table;

    const { format, purchases } = await readPurchases(text, 'EUR', { header_line: line });

    expect(format.headerLine).toBe(line);
    expect(purchases).toMatchObject([{ expenseDate: '2025-06-10', vendor: 'Tea' }]);
  });

  it('is no other line than the one that is said', async () => {
    for (const header_line of [1, 3, 5, 900]) {
      const reading = readPurchases(`a title\n${table}\n`, 'EUR', { header_line });

      await expect(reading).rejects.toMatchObject({ kind: 'invalid' });
    }
  });

  it('is looked for in the first sixty rows where nothing is said', async () => {
    await expect(readPurchases('a title\n'.repeat(60) + table, 'EUR')).rejects.toMatchObject({ kind: 'invalid' });
    expect((await readPurchases('a title\n'.repeat(59) + table, 'EUR')).format.headerLine).toBe(60);
  });
});
