import { describe, expect, it } from '@jest/globals';
import { readPurchases } from '../../../test/read-purchases.ts';

const header = 'Date,Amount,Description,Vendor,Category';

async function read(...rows: readonly string[]) {
  const { purchases, refused, format } = await readPurchases(`${[header, ...rows].join('\n')}\n`, 'GBP');
  const texts = purchases.map(({ title, vendor, description, category }) => [title, vendor, description, category]);
  return { texts, refused, quoting: format.quoting, unclosed: format.unclosedQuotes };
}

const lunch = '2025-01-13,5.00,"Lunch, team",Cafe,Food';
const asWritten = ['Cafe', 'Cafe', 'Lunch, team', 'Food'];

describe('a quote that is opened and not closed', () => {
  it.each([
    ['below', [lunch, '2025-01-14,7.00,Tea,"oops,Food'], 3],
    ['above', ['2025-01-14,7.00,Tea,"oops,Food', lunch], 2],
    ['between', [lunch, '2025-01-14,7.00,Tea,"oops,Food', lunch], 3],
  ])('is text of its own row, and leaves those %s it as they are quoted', async (_where, rows, line) => {
    const { texts, ...rest } = await read(...rows);

    expect(rest).toEqual({ refused: [], quoting: 'mended', unclosed: { rows: 1, lines: [line] } });
    expect(texts).toEqual(rows.map((row) => (row === lunch ? asWritten : ['"oops', '"oops', 'Tea', 'Food'])));
  });

  it('refuses its own row alone where that has too many cells for it', async () => {
    const { texts, refused, unclosed } = await read(lunch, '2025-01-14,7.00,"12"" cable, red,Shop,Tools', lunch);

    expect([texts, refused]).toEqual([[asWritten, asWritten], [[3, 'row_too_long']]]);
    expect(unclosed).toEqual({ rows: 1, lines: [3] });
  });

  it('is found where another one seems to close it some rows below', async () => {
    const { texts, refused, unclosed } = await read(
      ...[lunch, '2025-01-14,7.00,Tea,Shop,"a', '2025-01-15,8.00,Pipe,Shop,5"', lunch],
    );

    expect(texts).toEqual([asWritten, ['Shop', 'Shop', 'Tea', '"a'], ['Shop', 'Shop', 'Pipe', '5"'], asWritten]);
    expect([refused, unclosed]).toEqual([[], { rows: 1, lines: [3] }]);
  });

  it('leaves text of several lines whole', async () => {
    const { texts, unclosed } = await read(
      '2025-01-13,5.00,"Lunch, team\nand guests",Cafe,Food',
      '2025-01-14,7.00,"oops,Shop,Food',
    );

    expect(texts).toEqual([
      ['Cafe', 'Cafe', 'Lunch, team and guests', 'Food'],
      ['Shop', 'Shop', '"oops', 'Food'],
    ]);
    expect(unclosed).toEqual({ rows: 1, lines: [4] });
  });

  it('is named with the first of many', async () => {
    const { texts, unclosed } = await read(lunch, ...Array(40).fill('2025-01-14,7.00,"oops,Shop,Food'));

    expect(texts).toHaveLength(41);
    expect(unclosed).toEqual({ rows: 40, lines: [3, 4, 5, 6, 7, 8, 9, 10, 11, 12] });
  });

  it('is like any other character in a file that never quotes', async () => {
    const { texts, quoting, unclosed } = await read(
      '2025-01-14,7.00,"oops,Shop,Food',
      '2025-01-14,8.00,"north" end,Shop,Food',
    );

    expect(texts.map(([, , text]) => text)).toEqual(['"oops', '"north" end']);
    expect([quoting, unclosed]).toEqual(['none', undefined]);
  });

  it('is none where all are closed', async () => {
    expect(await read(lunch, '2025-01-14,7.00,"a\nb, c",Shop,Food')).toMatchObject({
      quoting: 'double',
      unclosed: undefined,
    });
  });
});
