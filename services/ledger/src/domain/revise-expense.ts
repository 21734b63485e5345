import type { PaymentMethod } from '@outlay/contracts';
import { isBookable } from '@outlay/platform';
import type { BookableExpense } from './booking.ts';
import {
  type AppliedRate,
  convert,
  isListed,
  isSameMoney,
  isSameRate,
  type Money,
  type Unwritable,
  type WantedRate,
} from './money.ts';

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
  /** Units of the tenant's currency for one of the amount's; undefined: the one that is listed for the day. */
  readonly exchangeRate: string | undefined;
}

/** Why an amount cannot be brought into the tenant's currency. */
export type RateFault =
  | 'exchange_rate_required'
  | 'exchange_rate_unwritable'
  | 'exchange_rate_not_applicable'
  | 'exchange_rate_out_of_range';

/** The rate that has to be looked up before an expense can be booked; undefined where none has to. */
export const rateWantedFor = (
  { amount, expenseDate, exchangeRate }: Pick<ExpenseInput, 'amount' | 'expenseDate' | 'exchangeRate'>,
  currency: string,
): WantedRate | undefined =>
  amount.currency === currency || exchangeRate !== undefined
    ? undefined
    : { from: amount.currency, to: currency, date: expenseDate };

/** The expense as it is to be booked in the tenant's currency; `listed` is what was found of the rate that is wanted. */
export const toBookable = (
  input: ExpenseInput,
  currency: string,
  listed?: AppliedRate | Unwritable,
): BookableExpense | RateFault => {
  const { exchangeRate, ...expense } = input;
  const applied = applyRate(input.amount, currency, { exchangeRate, listed }, input.expenseDate);
  return typeof applied === 'string' ? applied : { ...expense, ...applied };
};

/**
 * The rate that has to be looked up before an edit is booked; undefined where none has to. Another currency needs another
 * rate. One from a list is looked up again for another day or amount; one that the client gave where the edit takes it
 * away (`exchangeRate` is there and undefined). What a card was billed is a fact, whatever lists say.
 */
export const rateWantedByEdit = (current: BookableExpense, changes: Partial<ExpenseInput>): WantedRate | undefined => {
  const { amount, expenseDate } = { ...current, ...changes };
  const wanted = rateWantedFor({ amount, expenseDate, exchangeRate: changes.exchangeRate }, current.booked.currency);
  if (wanted === undefined || amount.currency !== current.amount.currency) return wanted;
  switch (current.rate.source) {
    case 'tenant':
    case 'platform':
      return expenseDate === current.expenseDate && isSameMoney(amount, current.amount) ? undefined : wanted;
    case 'given':
      return Object.hasOwn(changes, 'exchangeRate') ? wanted : undefined;
    case 'billed':
    case 'identity':
      return undefined;
  }
};

/**
 * The expense as it is to be booked after an edit; `listed` is what was found of the rate that is wanted. Where none is
 * wanted, or none was found for the same day, a foreign amount keeps the rate it was booked with; while it is unchanged its
 * booked amount stays too, which may come from the card and not from the rate. One that was given and is taken away needs
 * another in its place: nobody stands for it any more.
 */
export const reviseExpense = (
  current: BookableExpense,
  changes: Partial<ExpenseInput>,
  listed?: AppliedRate | Unwritable,
): BookableExpense | RateFault => {
  const { exchangeRate, ...others } = changes;
  const revised = { ...current, ...others };
  const { currency } = current.booked;
  const isFound = listed !== undefined && listed !== 'unwritable';
  if (exchangeRate === undefined && !isFound && keepsRate(current, revised, changes)) {
    if (isSameMoney(revised.amount, current.amount)) return revised;
    const booked = convert(revised.amount, current.rate.rate, currency);
    return isBookable(booked.amountMinor) ? { ...revised, booked } : 'exchange_rate_out_of_range';
  }
  const applied = applyRate(revised.amount, currency, { exchangeRate, listed }, revised.expenseDate);
  if (typeof applied === 'string') return applied;
  const isSame = isSameRate(applied.rate, current.rate);
  return { ...revised, booked: applied.booked, rate: isSame ? current.rate : applied.rate };
};

const keepsRate = (
  current: BookableExpense,
  { amount, expenseDate }: BookableExpense,
  changes: Partial<ExpenseInput>,
): boolean => {
  if (amount.currency === current.booked.currency || amount.currency !== current.amount.currency) return false;
  if (current.rate.source === 'given') return !Object.hasOwn(changes, 'exchangeRate');
  return !isListed(current.rate.source) || expenseDate === current.expenseDate;
};

const applyRate = (
  amount: Money,
  currency: string,
  { exchangeRate, listed }: { exchangeRate: string | undefined; listed: AppliedRate | Unwritable | undefined },
  date: string,
): { booked: Money; rate: AppliedRate } | RateFault => {
  if (amount.currency === currency) {
    if (exchangeRate !== undefined) return 'exchange_rate_not_applicable';
    return { booked: amount, rate: { rate: '1', source: 'identity', date } };
  }
  const found = exchangeRate === undefined ? listed : { rate: exchangeRate, source: 'given' as const, date };
  if (found === undefined) return 'exchange_rate_required';
  if (found === 'unwritable') return 'exchange_rate_unwritable';
  const rate: AppliedRate = { rate: found.rate, source: found.source, date: found.date };
  const booked = convert(amount, rate.rate, currency);
  return isBookable(booked.amountMinor) ? { booked, rate } : 'exchange_rate_out_of_range';
};

/** The expense at another rate from a list; undefined where it would be more than can be booked. */
export const bookedAt = (expense: BookableExpense, listed: AppliedRate): BookableExpense | undefined => {
  const applied = applyRate(expense.amount, expense.booked.currency, { exchangeRate: undefined, listed }, '');
  return typeof applied === 'string' ? undefined : { ...expense, ...applied };
};
