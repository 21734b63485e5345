import {
  type ListedSource,
  type Ratio,
  ratioOf,
  toRateText,
  type Unwritable,
  type WantedRate,
} from '../domain/money.ts';

/** A rate as it stands in a list: units of the quote currency for one of the base currency. */
export interface ListedRate {
  readonly baseCurrency: string;
  readonly quoteCurrency: string;
  /** Decimal text, greater than zero. */
  readonly rate: string;
  /** The day it was published for, YYYY-MM-DD. */
  readonly date: string;
  readonly source: ListedSource;
  /** Who says so: ECB, or the tenant's own words. */
  readonly provider: string;
}

/** The rate in force: units of `to` for one of `from`. It can be an AppliedRate as it is. */
export interface EffectiveRate {
  readonly rate: string;
  readonly source: ListedSource;
  /** Of the rates that it was made from. */
  readonly date: string;
  /** What it was made from: one rate, which may be for the opposite direction, or the two that a cross rate has. */
  readonly legs: readonly ListedRate[];
}

/**
 * How old a rate may be to be in force still, in days. Rates are not published on weekends and holidays; the longest
 * such gap of the ECB is five days. One that is older says that the list is not kept.
 */
export const rateAgeDaysMax = 7;

/** The currency that cross rates are made through: that of the ECB's reference rates. */
const pivot = 'EUR';

/** Finds a listed rate by source, pair and day. */
export type RateList = (source: ListedSource, base: string, quote: string, day: string) => ListedRate | undefined;

/** The currencies whose rates can have a part in what is wanted. */
export const currenciesOf = ({ from, to }: WantedRate): string[] => [...new Set([from, to, pivot])];

/** The days whose rates can be in force on a day, the newest first. */
export const daysOf = (date: string): string[] =>
  Array.from({ length: rateAgeDaysMax + 1 }, (_, age) => daysBefore(date, age));

/** What looking for a rate in force comes to; undefined: none is. */
export type FoundRate = EffectiveRate | Unwritable | undefined;

/**
 * The rate in force on a day, or undefined where none is. One that cannot be written is passed over, and told of where there is no
 * other. The tenant's own list comes before the platform's; in a list the
 * newest day counts that is not too old; of that day the rate for the pair itself, else the one for the opposite
 * direction, else the two against the euro, which are of one day. Whatever has to be divided is divided exactly, and
 * rounded once, half to even, to 12 decimals.
 */
export function effectiveRate(list: RateList, { from, to, date }: WantedRate): FoundRate {
  let passedOver: Unwritable | undefined;
  for (const source of ['tenant', 'platform'] as const) {
    for (const day of daysOf(date)) {
      const found = rateOfDay(list, { source, from, to, day });
      if (found === 'unwritable') passedOver = found;
      else if (found !== undefined) return found;
    }
  }
  return passedOver;
}

function rateOfDay(
  list: RateList,
  { source, from, to, day }: { source: ListedSource; from: string; to: string; day: string },
): FoundRate {
  const leg = (base: string, quote: string) => legOf(list, source, base, quote, day);
  const direct = leg(from, to);
  if (direct !== undefined) return toEffective(direct.ratio, [direct.listed]);
  if (from === pivot || to === pivot) return undefined;
  const [first, second] = [leg(from, pivot), leg(pivot, to)];
  return first && second && toEffective(product(first.ratio, second.ratio), [first.listed, second.listed]);
}

/** The rate of a pair, from whichever direction is listed. */
function legOf(list: RateList, source: ListedSource, base: string, quote: string, day: string) {
  const listed = list(source, base, quote, day);
  if (listed !== undefined) return { listed, ratio: ratioOf(listed.rate) };
  const opposite = list(source, quote, base, day);
  return opposite && { listed: opposite, ratio: inverse(ratioOf(opposite.rate)) };
}

function toEffective(ratio: Ratio, legs: readonly [ListedRate, ...ListedRate[]]): EffectiveRate | Unwritable {
  const rate = toRateText(ratio);
  const [{ source, date }] = legs;
  return rate === undefined ? 'unwritable' : { rate, source, date, legs };
}

const inverse = ({ numerator, denominator }: Ratio): Ratio => ({ numerator: denominator, denominator: numerator });

const product = (left: Ratio, right: Ratio): Ratio => ({
  numerator: left.numerator * right.numerator,
  denominator: left.denominator * right.denominator,
});

const dayMs = 86_400_000;

const daysBefore = (date: string, days: number): string =>
  new Date(Date.parse(date) - days * dayMs).toISOString().slice(0, 10);

/** The last day on which a rate of this day can be in force. */
export const lastDayOf = (date: string): string => daysBefore(date, -rateAgeDaysMax);
