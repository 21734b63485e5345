import { fractionDigits } from '@outlay/platform';
import { readNumber } from './read-number.ts';

/** The mark between whole units and decimals. */
export type DecimalMark = '.' | ',';

/** Collects the amounts of all rows, then tells which mark separates their decimals. */
export interface DecimalEvidence {
  /** The currency of the cell is asked for where it matters; undefined where it cannot be told. */
  add(cell: string, currencyOf: () => string | undefined): void;
  /** Whether nothing but numbers such as `1,234` told the mark, of a currency that has decimals. */
  conclude(): { mark: DecimalMark; isAssumed: boolean };
}

/**
 * Marks are told by where they stand: the last of two different ones and one with other than three digits behind it
 * separate decimals; one that repeats separates thousands. `1,234` alone proves little: it is taken for thousands
 * when no other row says more, except where its currency has three decimals.
 */
export function gatherDecimals(): DecimalEvidence {
  const strong = { '.': 0, ',': 0 };
  const weak = { '.': 0, ',': 0 };
  let hasOpen = false;
  const other = { '.': ',', ',': '.' } as const;

  return {
    add(cell, currencyOf) {
      const body = readNumber(cell)?.body;
      if (body === undefined) return;
      const last = lastMark(body);
      if (last === undefined) return;
      const hasBoth = body.includes(other[last]);
      const repeats = body.indexOf(last) !== body.lastIndexOf(last);
      const digitsBehind = body.length - 1 - body.lastIndexOf(last);
      const whole = body.slice(0, body.lastIndexOf(last));
      if (repeats) strong[other[last]]++;
      else if (hasBoth || digitsBehind !== 3 || !/^[1-9]\d{0,2}$/.test(whole)) strong[last]++;
      else {
        const currency = currencyOf();
        if (currency === undefined) return;
        const digits = fractionDigits(currency);
        weak[digits === 3 ? last : other[last]]++;
        hasOpen ||= digits > 0;
      }
    },
    conclude() {
      const isTold = strong['.'] !== strong[','];
      const evidence = isTold ? strong : weak;
      return {
        mark: evidence[','] > evidence['.'] ? ',' : '.',
        isAssumed: !isTold && hasOpen,
      };
    },
  };
}

function lastMark(body: string): DecimalMark | undefined {
  const point = body.lastIndexOf('.');
  const comma = body.lastIndexOf(',');
  if (point === comma) return undefined;
  return point > comma ? '.' : ',';
}
