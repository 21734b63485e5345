import { fractionDigitsByCurrency } from './currencies.ts';

const amountPattern = /^(-?)(\d+)(?:\.(\d+))?$/;

/** Whether this is an upper-case ISO 4217 code, withdrawn ones included. */
export const isCurrency = (code: string): boolean => fractionDigitsByCurrency.has(code);

/** Decimals of the currency's minor unit by ISO 4217 (ICU's own figures differ for cash-rounded currencies). */
export const fractionDigits = (currency: string): number => fractionDigitsByCurrency.get(currency) ?? 2;

/** Ten trillion of a currency with cents; nine thousand of them still sum within 64 bits. */
const amountMinorMax = 1_000_000_000_000_000n;

/** What is said of an amount that is not bookable. */
export const notBookable = {
  code: 'too_big',
  message: `must be at most ${amountMinorMax} of the currency's smallest units, such as 10000000000000.00 EUR`,
};

/** Whether an amount in minor units, either side of zero, is as large as one may be that is booked, or less. */
export const isBookable = (amountMinor: bigint): boolean =>
  amountMinor >= -amountMinorMax && amountMinor <= amountMinorMax;

/** Why a text is not an amount of a currency. */
export type AmountFault = 'amount_invalid' | 'amount_too_precise';

/**
 * Minor units of a decimal text such as `-125.50`. Digits, one point, an optional minus. How large it may be is asked
 * of `isBookable`. More decimals than the currency has are a fault even where they are zeros: the text then means another currency.
 */
export const parseAmount = (text: string, currency: string): bigint | AmountFault => {
  const match = amountPattern.exec(text);
  if (!match) return 'amount_invalid';
  const [, sign, whole = '', fraction = ''] = match;
  const digits = fractionDigits(currency);
  if (fraction.length > digits) return 'amount_too_precise';
  const minor = BigInt(whole + fraction.padEnd(digits, '0'));
  return sign === '-' ? -minor : minor;
};

/** Decimal text of minor units with all decimals of the currency: 12550 EUR is `125.50`. */
export const formatAmount = (amountMinor: bigint, currency: string): string => {
  const digits = fractionDigits(currency);
  const sign = amountMinor < 0n ? '-' : '';
  const text = (amountMinor < 0n ? -amountMinor : amountMinor).toString().padStart(digits + 1, '0');
  return digits === 0 ? sign + text : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
};
