import { fractionDigits } from '@outlay/platform';

/** An exact sum: minor units of an ISO 4217 currency. Negative for refunds. */
export interface Money {
  readonly currency: string;
  readonly amountMinor: bigint;
}

/** identity: same currency. billed: the card's own conversion. given: named by the client. */
export type RateSource = 'identity' | 'billed' | 'given';

/** How an amount was brought into the tenant's currency: units of that for one unit of the amount's currency. */
export interface AppliedRate {
  /** Decimal text, greater than zero. */
  readonly rate: string;
  readonly source: RateSource;
  /** YYYY-MM-DD. */
  readonly date: string;
}

/** Decimals of a rate that is worked out from two amounts; enough to get either amount back from the other. */
const impliedDecimals = 12;

const ratePattern = /^(\d{1,12})(?:\.(\d{1,12}))?$/;

/** Whether a text is a usable rate: a decimal greater than zero, at most 12 digits on either side of the point. */
export const isRate = (text: string): boolean => ratePattern.test(text) && /[1-9]/.test(text);

/**
 * The amount in another currency. Rounded half to even on the last minor unit: unlike half up it does not drift over
 * many bookings, and a refund converts to exactly the negative of its purchase. Integer arithmetic throughout.
 */
export const convert = (amount: Money, rate: string, currency: string): Money => {
  const [, whole = '', fraction = ''] = ratePattern.exec(rate) ?? [];
  const numerator = amount.amountMinor * BigInt(whole + fraction) * tenTo(fractionDigits(currency));
  const denominator = tenTo(fraction.length + fractionDigits(amount.currency));
  return { currency, amountMinor: divideHalfEven(numerator, denominator) };
};

/**
 * The rate that leads from one amount to the other, to 12 decimals without trailing zeros.
 * Undefined where no rate can: an amount is zero, their signs differ, or the rate is below the last decimal.
 */
export const impliedRate = (amount: Money, booked: Money): string | undefined => {
  if (amount.amountMinor === 0n || amount.amountMinor > 0n !== booked.amountMinor > 0n) return undefined;
  const numerator = booked.amountMinor * tenTo(fractionDigits(amount.currency) + impliedDecimals);
  const scaled = divideHalfEven(numerator, amount.amountMinor * tenTo(fractionDigits(booked.currency)));
  if (scaled <= 0n) return undefined;
  const digits = scaled.toString().padStart(impliedDecimals + 1, '0');
  const fraction = digits.slice(-impliedDecimals).replace(/0+$/, '');
  return digits.slice(0, -impliedDecimals) + (fraction && `.${fraction}`);
};

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
