import { fractionDigits } from '@outlay/platform';

/** An exact sum: minor units of an ISO 4217 currency. Negative for refunds. */
export interface Money {
  readonly currency: string;
  readonly amountMinor: bigint;
}

/** Whether two sums are the same. */
export const isSameMoney = (left: Money, right: Money): boolean =>
  left.amountMinor === right.amountMinor && left.currency === right.currency;

/**
 * identity: same currency. billed: the card's own conversion. given: named by the client. tenant: from the tenant's own
 * list of rates. platform: from the list of the whole platform, the European Central Bank's.
 */
export const rateSources = ['identity', 'billed', 'given', 'tenant', 'platform'] as const;

export type RateSource = (typeof rateSources)[number];

/** The lists that rates are looked up in. */
export type ListedSource = Extract<RateSource, 'tenant' | 'platform'>;

/** Whether a rate was looked up, so that it follows when its list is corrected. */
export const isListed = (source: RateSource): source is ListedSource => source === 'tenant' || source === 'platform';

/** How an amount was brought into the tenant's currency: units of that for one unit of the amount's currency. */
export interface AppliedRate {
  /** Decimal text, greater than zero. */
  readonly rate: string;
  readonly source: RateSource;
  /** YYYY-MM-DD. Of a listed rate the day it was published for, which may be days before the expense. */
  readonly date: string;
}

/** Whether two rates say the same, however they are written. */
export const isSameRate = (left: AppliedRate, right: AppliedRate): boolean => {
  const [first, second] = [ratioOf(left.rate), ratioOf(right.rate)];
  const isEqual = first.numerator * second.denominator === second.numerator * first.denominator;
  return isEqual && left.source === right.source && left.date === right.date;
};

/** What is said of a listed rate that, turned round or multiplied, has too many digits or too few to be one. */
export type Unwritable = 'unwritable';

/** What is to be brought from one currency into another one on a day. */
export interface WantedRate {
  readonly from: string;
  readonly to: string;
  /** YYYY-MM-DD. */
  readonly date: string;
}

/** Decimals of a rate that is worked out; enough to get either of two amounts back from the other. */
const rateDecimals = 12;

const ratePattern = /^(\d{1,12})(?:\.(\d{1,12}))?$/;

/** Whether a text is a usable rate: a decimal greater than zero, at most 12 digits on either side of the point. */
export const isRate = (text: string): boolean => ratePattern.test(text) && /[1-9]/.test(text);

/**
 * The amount in another currency. Rounded half to even on the last minor unit: unlike half up it does not drift over
 * many bookings, and a refund converts to exactly the negative of its purchase. Integer arithmetic throughout.
 */
export const convert = (amount: Money, rate: string, currency: string): Money => {
  const ratio = ratioOf(rate);
  const numerator = amount.amountMinor * ratio.numerator * tenTo(fractionDigits(currency));
  const denominator = ratio.denominator * tenTo(fractionDigits(amount.currency));
  return { currency, amountMinor: divideHalfEven(numerator, denominator) };
};

/**
 * The rate that leads from one amount to the other, to 12 decimals without trailing zeros.
 * Undefined where no rate can: an amount is zero, their signs differ, or the rate is below the last decimal.
 */
export const impliedRate = (amount: Money, booked: Money): string | undefined => {
  if (amount.amountMinor === 0n || amount.amountMinor > 0n !== booked.amountMinor > 0n) return undefined;
  const numerator = booked.amountMinor * tenTo(fractionDigits(amount.currency));
  return toRateText({ numerator, denominator: amount.amountMinor * tenTo(fractionDigits(booked.currency)) });
};

/** An exact ratio of two integers. */
export interface Ratio {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** What a rate says, exactly. */
export const ratioOf = (rate: string): Ratio => {
  const [, whole = '', fraction = ''] = ratePattern.exec(rate) ?? [];
  return { numerator: BigInt(whole + fraction), denominator: tenTo(fraction.length) };
};

/**
 * A ratio as the text of a rate: rounded half to even to 12 decimals, without trailing zeros. Undefined where that is none:
 * zero, or more than 12 digits before the point.
 */
export const toRateText = ({ numerator, denominator }: Ratio): string | undefined => {
  const scaled = divideHalfEven(numerator * tenTo(rateDecimals), denominator);
  if (scaled <= 0n) return undefined;
  const digits = scaled.toString().padStart(rateDecimals + 1, '0');
  const fraction = digits.slice(-rateDecimals).replace(/0+$/, '');
  const text = digits.slice(0, -rateDecimals) + (fraction && `.${fraction}`);
  return isRate(text) ? text : undefined;
};

/** A rate as it is written with no more zeros than it needs. */
export const withoutZeros = (rate: string): string => toRateText(ratioOf(rate)) ?? rate;

const tenTo = (exponent: number): bigint => 10n ** BigInt(exponent);

const divideHalfEven = (numerator: bigint, denominator: bigint): bigint => {
  const isNegative = numerator < 0n !== denominator < 0n;
  const dividend = numerator < 0n ? -numerator : numerator;
  const divisor = denominator < 0n ? -denominator : denominator;
  const quotient = dividend / divisor;
  const twice = (dividend % divisor) * 2n;
  const roundsUp = twice > divisor || (twice === divisor && quotient % 2n === 1n);
  const rounded = roundsUp ? quotient + 1n : quotient;
  return isNegative ? -rounded : rounded;
};
