/** A number as it is written, before it is known which mark separates the decimals. */
export interface WrittenNumber {
  isNegative: boolean;
  /** Digits with their separators. */
  body: string;
  /** Letters or sign beside the digits, which should be a currency; empty where there is none. */
  currency: string;
}

/** What stands before the first digit, the digits with their separators, what stands behind. */
const pattern = /^([^\d.,]*)([.,]?\d(?:[\d.,'’_ ]*[\d.,])?)([^\d.,]*)$/;

/** What most cells have, for which all the rest is not worth the time. */
const plain = /^-?\d{1,15}(?:[.,]\d{1,4})?$/;

/** Longer texts are no numbers, and are not worth the time. */
const lengthMax = 60;

/**
 * Reads a cell as a number. Negative are a minus before or behind, parentheses, and the mark CR (money that came back).
 * Undefined: it is not a number.
 */
export function readNumber(cell: string): WrittenNumber | undefined {
  if (plain.test(cell)) {
    const isNegative = cell.startsWith('-');
    return { isNegative, body: isNegative ? cell.slice(1) : cell, currency: '' };
  }
  const [, before, body, behind] = (cell.length <= lengthMax && pattern.exec(tidy(cell))) || [];
  if (before === undefined || body === undefined || behind === undefined) return undefined;
  if (before.includes('(') !== behind.includes(')')) return undefined;
  // `12,-` and `12.--` are whole units, as the Swiss and the Dutch write them.
  const isWhole = /[.,]$/.test(body) && /^-{1,2}(?!-)/.test(behind);
  const around = before + (isWhole ? behind.replace(/^-+/, '') : behind);
  const mark = /(?:^|[^a-z])(cr|dr)\)?$/i.exec(around)?.[1]?.toLowerCase();
  const currency = around.replace(/(cr|dr)(\)?)$/i, (whole) => (mark ? '' : whole)).replaceAll(/[-+()\s]/g, '');
  if (currency.length > 4 || (around.match(/[-+]/g)?.length ?? 0) > 1) return undefined;
  return { isNegative: around.includes('(') || around.includes('-') || mark === 'cr', body, currency };
}

/** The point behind these is none of the number. */
const abbreviation = /(?<!\p{L})(kr|s?fr|rs)\./iu;

/** All minus signs and blanks of the world become the plain ones; `Â` is what is left of a sign that was decoded twice. */
const tidy = (cell: string): string =>
  cell
    .replaceAll(/[−–—]/g, '-')
    .replaceAll('Â', '')
    .replace(abbreviation, '$1')
    .replaceAll(/[\s\u00a0\u2007\u2009\u202f]+/g, ' ')
    .trim();
