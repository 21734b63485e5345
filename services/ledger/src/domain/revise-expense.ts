import type { BookableExpense, PaymentMethod } from './booking.ts';
import { type AppliedRate, convert, type Money } from './money.ts';

/** What a client says of an expense. */
export interface ExpenseInput {
  readonly amount: Money;
  readonly title: string;
  readonly description: string;
  readonly categoryId: string | undefined;
  readonly accountId: string | undefined;
  readonly projectId: string | undefined;
  readonly expenseDate: string;
  readonly paymentMethod: PaymentMethod | '';
  readonly tags: readonly string[];
  readonly vendor: string;
  /** Units of the tenant's currency for one of the amount's; undefined where none was given. */
  readonly exchangeRate: string | undefined;
}

/** Why an amount cannot be brought into the tenant's currency. */
export type RateFault = 'exchange_rate_required' | 'exchange_rate_not_applicable' | 'exchange_rate_out_of_range';

/** As much as an amount may be that a client gives: sums of such amounts stay within what the books can hold. */
const bookedMinorMax = 1_000_000_000_000_000n;

/** The expense as it is to be booked in the tenant's currency. */
export const toBookable = (input: ExpenseInput, currency: string): BookableExpense | RateFault => {
  const { exchangeRate, ...expense } = input;
  const applied = applyRate(input.amount, currency, exchangeRate, input.expenseDate);
  return typeof applied === 'string' ? applied : { ...expense, ...applied };
};

/**
 * The expense as it is to be booked after an edit. Without a new rate a foreign amount keeps the rate it was booked with;
 * while it is unchanged its booked amount stays too, which may come from the card and not from the rate.
 */
export const reviseExpense = (
  current: BookableExpense,
  changes: Partial<ExpenseInput>,
): BookableExpense | RateFault => {
  const { exchangeRate, ...others } = changes;
  const revised = { ...current, ...others };
  const { currency } = current.booked;
  const isForeign = revised.amount.currency !== currency;
  if (isForeign && exchangeRate === undefined && revised.amount.currency === current.amount.currency) {
    if (revised.amount.amountMinor === current.amount.amountMinor) return revised;
    const booked = convert(revised.amount, current.rate.rate, currency);
    return isBookable(booked) ? { ...revised, booked } : 'exchange_rate_out_of_range';
  }
  const applied = applyRate(revised.amount, currency, exchangeRate, revised.expenseDate);
  return typeof applied === 'string' ? applied : { ...revised, ...applied };
};

const applyRate = (
  amount: Money,
  currency: string,
  exchangeRate: string | undefined,
  date: string,
): { booked: Money; rate: AppliedRate } | RateFault => {
  if (amount.currency === currency) {
    if (exchangeRate !== undefined) return 'exchange_rate_not_applicable';
    return { booked: amount, rate: { rate: '1', source: 'identity', date } };
  }
  if (exchangeRate === undefined) return 'exchange_rate_required';
  const booked = convert(amount, exchangeRate, currency);
  if (!isBookable(booked)) return 'exchange_rate_out_of_range';
  return { booked, rate: { rate: exchangeRate, source: 'given', date } };
};

const isBookable = ({ amountMinor }: Money): boolean => amountMinor >= -bookedMinorMax && amountMinor <= bookedMinorMax;
