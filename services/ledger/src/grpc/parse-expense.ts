import { type ledger, paymentMethods } from '@outlay/contracts';
import { type DomainError, invalid, isDomainError, parseInput } from '@outlay/platform';
import { z } from 'zod';
import type { ExpenseInput } from '../domain/revise-expense.ts';
import { amountMinor, currency, expenseDate, id, name, optional, rate, text } from './fields.ts';

const spentMinor = amountMinor.refine((minor) => minor !== 0n, {
  message: 'must not be zero',
  params: { code: 'zero' },
});

/** In the words of the public API, where money is two fields. */
const expense = z.object({
  amount: spentMinor,
  currency,
  title: name(),
  description: text(5_000),
  category_id: optional(id),
  account_id: optional(id),
  project_id: optional(id),
  expense_date: expenseDate,
  payment_method: z.enum(['', ...paymentMethods], `must be one of ${paymentMethods.join(', ')}`),
  tags: z
    .array(name(50))
    .max(50, 'must be 50 at most')
    .transform((tags) => [...new Set(tags)]),
  vendor: text(200),
  exchange_rate: optional(rate),
});

/** Reads what a client says of a new expense. Throws invalid with one detail for each wrong field. */
export function parseExpense(input: ledger.ExpenseInput | undefined): ExpenseInput {
  const given = parseInput(expense, inApiWords(input));
  return {
    amount: { currency: given.currency, amountMinor: given.amount },
    title: given.title,
    description: given.description,
    categoryId: given.category_id,
    accountId: given.account_id,
    projectId: given.project_id,
    expenseDate: given.expense_date,
    paymentMethod: given.payment_method,
    tags: given.tags,
    vendor: given.vendor,
    exchangeRate: given.exchange_rate,
  };
}

/**
 * Expenses that are recorded together: what is wrong with one does not keep the others from being read. Where each counts
 * by itself there may be none, as the caller refused them all.
 */
export function parseExpenses({ inputs, perRow }: ledger.RecordExpensesRequest): (ExpenseInput | DomainError)[] {
  const isTooFew = inputs.length < 1 && !perRow;
  if (isTooFew || inputs.length > expensesMax) {
    throw invalid('expenses', isTooFew ? 'too_small' : 'too_big', `must be 1 to ${expensesMax}`);
  }
  return inputs.map((input) => {
    try {
      return parseExpense(input);
    } catch (error) {
      if (isDomainError(error, 'invalid')) return error;
      throw error;
    }
  });
}

const expensesMax = 500;

/** What each path of a mask changes. */
const maskable = {
  amount: 'amount',
  title: 'title',
  description: 'description',
  category_id: 'categoryId',
  account_id: 'accountId',
  project_id: 'projectId',
  expense_date: 'expenseDate',
  payment_method: 'paymentMethod',
  tags: 'tags',
  vendor: 'vendor',
  exchange_rate: 'exchangeRate',
} as const satisfies Record<string, keyof ExpenseInput>;

type MaskPath = keyof typeof maskable;

/**
 * Reads the fields that the mask names and no others. A reference or rate that is named and empty is there as undefined,
 * which takes it away. Throws invalid, on `update_mask` too.
 */
export function parseChanges(
  input: ledger.ExpenseInput | undefined,
  mask: readonly string[] | undefined,
): Partial<ExpenseInput> {
  const paths = parseMask(mask);
  const wanted = paths.flatMap((path) => (path === 'amount' ? ['amount', 'currency'] : [path]));
  const picked = expense.pick(
    Object.fromEntries(wanted.map((field) => [field, true])) as Record<keyof typeof expense.shape, true>,
  );
  const given: Partial<z.output<typeof expense>> = parseInput(picked, inApiWords(input));
  const { amount = 0n, currency: code = '' } = given;
  return Object.fromEntries(
    paths.map((path) => [maskable[path], path === 'amount' ? { currency: code, amountMinor: amount } : given[path]]),
  );
}

function parseMask(mask: readonly string[] | undefined): MaskPath[] {
  if (mask === undefined || mask.length === 0) throw invalid('update_mask', 'required', 'must name a field');
  const unknown = mask.find((path) => !Object.hasOwn(maskable, path));
  if (unknown !== undefined) throw invalid('update_mask', 'unknown_field', `names no field: ${unknown}`);
  return mask as MaskPath[];
}

function inApiWords(input: ledger.ExpenseInput | undefined) {
  return {
    amount: input?.amount?.amountMinor,
    currency: input?.amount?.currency ?? '',
    title: input?.title ?? '',
    description: input?.description ?? '',
    category_id: input?.categoryId ?? '',
    account_id: input?.accountId ?? '',
    project_id: input?.projectId ?? '',
    expense_date: input?.expenseDate ?? '',
    payment_method: input?.paymentMethod ?? '',
    tags: input?.tags ?? [],
    vendor: input?.vendor ?? '',
    exchange_rate: input?.exchangeRate ?? '',
  };
}
