import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readNumber } from './read-number.ts';
import { gatherDecimals } from './recognise-decimals.ts';
import { toDecimalText } from './to-decimal-text.ts';

/** What each cell of a column means, when all of them decide together. */
function read(cells: readonly string[], currency = 'EUR'): (string | undefined)[] {
  const evidence = gatherDecimals();
  for (const cell of cells) evidence.add(cell, () => currency);
  const { mark } = evidence.conclude();
  return cells.map((cell) => {
    const written = readNumber(cell);
    return written && toDecimalText(written, mark);
  });
}

describe('the amounts of a file', () => {
  it.each([
    [
      ['61,206.88', '7.5'],
      ['61206.88', '7.5'],
    ],
    [
      ['1.234,56', '7,5'],
      ['1234.56', '7.5'],
    ],
    [
      ['1 234,56', '1\u00a0234\u202f567,80'],
      ['1234.56', '1234567.80'],
    ],
    [
      ["1'234.50", '1’000.00'],
      ['1234.50', '1000.00'],
    ],
    [
      ['1,23,456.00', '12,34,567.89'],
      ['123456.00', '1234567.89'],
    ],
    [
      ['1,234', '500'],
      ['1234', '500'],
    ],
    [
      ['1.234', '500'],
      ['1234', '500'],
    ],
    [
      ['1,234', '5.50'],
      ['1234', '5.50'],
    ],
    [
      ['1.234', '5,50'],
      ['1234', '5.50'],
    ],
    [
      ['0.125', '5'],
      ['0.125', '5'],
    ],
    [
      ['007.10', '.50', '12.'],
      ['7.10', '0.50', '12'],
    ],
  ])('%j are %j', (cells, expected) => {
    expect(read(cells)).toEqual(expected);
  });

  it('have three decimals where the currency has', () => {
    expect(read(['1.234', '5'], 'KWD')).toEqual(['1.234', '5']);
  });

  it.each([
    ['-12.00', '-12.00'],
    ['12.00-', '-12.00'],
    ['(12.00)', '-12.00'],
    ['£(12.00)', '-12.00'],
    ['−12.00', '-12.00'],
    ['- £12.00', '-12.00'],
    ['£-12.00', '-12.00'],
    ['12.00 CR', '-12.00'],
    ['12.00CR', '-12.00'],
    ['12.00 DR', '12.00'],
    ['+12.00', '12.00'],
    ['£12.00', '12.00'],
    ['Â£12.00', '12.00'],
    ['EUR 12.00', '12.00'],
    ['12.00 EUR', '12.00'],
    ['12.-', '12'],
    ['12.--', '12'],
  ])('%s is %s', (cell, expected) => {
    expect(read([cell])).toEqual([expected]);
  });

  it.each(['', 'ten', '1.2.3,4,5', '12 34', '1,2345.00', '12-34', '(12', '--12', '1e5', '0x10', '٣'])(
    '%j is none',
    (cell) => {
      expect(read([cell, '1,234.56'])[0]).toBeUndefined();
    },
  );

  it('that do not fit the decimal mark of the others are refused, never read as something else', () => {
    expect(read(['1,234.56', '7.10', '12,50'])).toEqual(['1234.56', '7.10', undefined]);
  });

  it('keep the currency beside them', () => {
    expect(readNumber('US$ 5')).toMatchObject({ currency: 'US$', body: '5' });
    expect(readNumber('5 kr')).toMatchObject({ currency: 'kr' });
  });

  it('come back as they went in, in every style of writing', () => {
    const styles = [
      { decimal: '.', group: ',' },
      { decimal: ',', group: '.' },
      { decimal: ',', group: ' ' },
      { decimal: '.', group: "'" },
    ];
    fc.assert(
      fc.property(
        fc.array(fc.bigInt({ min: -(10n ** 14n), max: 10n ** 14n }), { minLength: 1, maxLength: 20 }),
        fc.constantFrom(...styles),
        (amounts, { decimal, group }) => {
          const plain = amounts.map((minor) => {
            const digits = (minor < 0n ? -minor : minor).toString().padStart(3, '0');
            return { sign: minor < 0n ? '-' : '', whole: digits.slice(0, -2), cents: digits.slice(-2) };
          });
          const written = plain.map(
            ({ sign, whole, cents }) => sign + whole.replaceAll(/\B(?=(\d{3})+$)/g, group) + decimal + cents,
          );
          expect(read(written)).toEqual(plain.map(({ sign, whole, cents }) => `${sign}${whole}.${cents}`));
        },
      ),
    );
  });
});
