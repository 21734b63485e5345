import type { ledger, Money } from '@outlay/contracts';
import { invalid, isBookable, notBookable, parseAmount } from '@outlay/platform';
import { amountFault } from './common.ts';
import type { ExpenseBody, ExpensePatch } from './expense.ts';

/** An amount in minor units. Throws validation_failed where it has more decimals than the currency, or is too large. */
export function toMinor(amount: string, currency: string, field: string): bigint {
  const minor = parseAmount(amount, currency);
  if (minor === 'amount_too_precise') {
    throw invalid(field, 'amount_too_precise', `has more decimals than ${currency}`);
  }
  if (minor === 'amount_invalid') {
    throw invalid(field, 'amount_invalid', amountFault({ input: amount }));
  }
  if (!isBookable(minor)) throw invalid(field, notBookable.code, notBookable.message);
  return minor;
}

export function toMoney(amount: string, currency: string): Money {
  return { currency, amountMinor: toMinor(amount, currency, 'amount') };
}

/** All of an expense, as the ledger takes it: empty text is nothing. */
export function toExpenseInput(body: ExpenseBody): ledger.ExpenseInput {
  return { ...toDescription(body), amount: toMoney(body.amount, body.currency) };
}

/** The fields that a patch changes, and their names. `amount` stands for the sum and its currency. */
export function toExpensePatch(
  patch: ExpensePatch,
  amount: Money | undefined,
): { input: ledger.ExpenseInput; updateMask: string[] } {
  const names = Object.keys(patch).map((name) => (name === 'currency' ? 'amount' : name));
  return { input: { ...toDescription(patch), amount }, updateMask: [...new Set(names)] };
}

/** The mask of a PUT. */
export const allExpenseFields = [
  'amount',
  'title',
  'description',
  'category_id',
  'account_id',
  'project_id',
  'expense_date',
  'payment_method',
  'tags',
  'vendor',
  'exchange_rate',
];

function toDescription(body: ExpensePatch): Omit<ledger.ExpenseInput, 'amount'> {
  return {
    title: body.title ?? '',
    description: body.description ?? '',
    categoryId: body.category_id ?? '',
    accountId: body.account_id ?? '',
    projectId: body.project_id ?? '',
    expenseDate: body.expense_date ?? '',
    paymentMethod: body.payment_method ?? '',
    tags: body.tags ?? [],
    vendor: body.vendor ?? '',
    exchangeRate: body.exchange_rate ?? '',
  };
}
