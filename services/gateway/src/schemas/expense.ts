import { type ledger, type PaymentMethod, paymentMethods } from '@outlay/contracts';
import { formatAmount } from '@outlay/platform';
import { z } from 'zod';
import {
  amount,
  bookedDate,
  calendarDate,
  currency,
  instant,
  isNoPatch,
  isPatch,
  name,
  optionalName,
  optionalText,
  pageOf,
  present,
  renderedAmount,
  renderInstant,
  uuid,
  version,
  warnings,
} from './common.ts';
import { exchangeRateText } from './exchange-rate.ts';

const exchangeRate = exchangeRateText.meta({
  description:
    "Units of the tenant's currency for one unit of the expense's. Left out: the rate in force on the day of the expense " +
    '(`GET /exchange-rates/effective`), and 422 `required` where there is none. An edit that takes a given rate away does the ' +
    'same; what the card was billed stays.',
});

const appliedRate = z
  .strictObject({
    rate: z.string(),
    source: z.string().meta({
      description:
        '`identity`: same currency, `billed`: by the card, `given`: by the client, `tenant` and `platform`: from these lists.',
    }),
    date: z.string().meta({ description: 'Of a listed rate the day it is of, at most 7 days before the expense.' }),
  })
  .meta({ id: 'AppliedRate', description: 'How the amount came into the currency of the books.' });

export const expenseSchema = z
  .strictObject({
    id: uuid,
    amount: renderedAmount.meta({ description: 'What was paid. Negative for a refund.' }),
    currency,
    booked_amount: renderedAmount.meta({ description: "The same in the tenant's currency: what totals are made of." }),
    booked_currency: currency,
    exchange_rate: appliedRate,
    title: z.string(),
    description: z.string().nullable(),
    category_id: uuid.nullable(),
    category_name: z.string().nullable(),
    account_id: uuid.nullable(),
    account_name: z.string().nullable(),
    project_id: uuid.nullable(),
    project_name: z.string().nullable(),
    expense_date: bookedDate,
    payment_method: z.enum(paymentMethods).nullable(),
    tags: z.array(z.string()),
    vendor: z.string().nullable(),
    status: z.enum(['posted', 'reversed']),
    version,
    user_id: uuid.nullable().meta({ description: 'Who recorded it.' }),
    import_id: uuid.nullable().meta({ description: 'The import that brought it, if one did.' }),
    created_at: instant,
    updated_at: instant,
  })
  .meta({ id: 'Expense', description: 'Money that was spent, or came back.' });

/** What a command answers that has booked it. */
export const bookedExpenseSchema = expenseSchema
  .extend({ warnings })
  .meta({ id: 'BookedExpense', description: 'An expense as it was booked, with what there is to say of that.' });

export const expensePage = pageOf('ExpensePage', expenseSchema);

const fields = {
  amount,
  currency,
  title: name(200),
  description: optionalText(5_000).nullable().optional(),
  category_id: uuid.nullable().optional(),
  account_id: uuid.nullable().optional(),
  project_id: uuid.nullable().optional(),
  expense_date: calendarDate,
  payment_method: z.enum(paymentMethods).nullable().optional(),
  tags: z.array(name(50)).max(50).nullable().optional(),
  vendor: optionalName(200).nullable().optional(),
  exchange_rate: exchangeRate.nullable().optional(),
};

/** All of an expense: what POST makes, and what PUT leaves. */
export const expenseBody = z
  .strictObject(fields)
  .meta({ id: 'ExpenseInput', description: 'What is left out, or null, is empty.' });

/** Some of it: what PATCH changes. Null empties. */
export const expensePatchBody = z
  .strictObject(fields)
  .partial()
  .refine(isPatch, isNoPatch)
  .meta({ id: 'ExpensePatch', description: 'What is left out stays as it is; null empties.' });

export type ExpenseBody = z.output<typeof expenseBody>;
export type ExpensePatch = z.output<typeof expensePatchBody>;

export const expenseBodyExample: z.input<typeof expenseBody> = {
  amount: '125.50',
  currency: 'USD',
  title: 'Design tool',
  description: 'Yearly licence',
  category_id: '0197a3c0-1111-7000-8000-000000000001',
  account_id: '0197a3c0-2222-7000-8000-000000000001',
  project_id: '0197a3c0-3333-7000-8000-000000000001',
  expense_date: '2025-01-15',
  payment_method: 'credit_card',
  tags: ['office', 'supplies'],
  vendor: 'Draftsman Ltd',
  exchange_rate: '0.970518',
};

export const expenseExample: z.input<typeof expenseSchema> = {
  id: '0197a3c0-4444-7000-8000-000000000001',
  amount: '125.50',
  currency: 'USD',
  booked_amount: '121.80',
  booked_currency: 'EUR',
  exchange_rate: { rate: '0.970518', source: 'given', date: '2025-01-15' },
  title: 'Design tool',
  description: 'Yearly licence',
  category_id: '0197a3c0-1111-7000-8000-000000000001',
  category_name: 'Software',
  account_id: '0197a3c0-2222-7000-8000-000000000001',
  account_name: 'Company card',
  project_id: '0197a3c0-3333-7000-8000-000000000001',
  project_name: 'Website',
  expense_date: '2025-01-15',
  payment_method: 'credit_card',
  tags: ['office', 'supplies'],
  vendor: 'Draftsman Ltd',
  status: 'posted',
  version: 1,
  user_id: '0197a3c0-6666-7000-8000-000000000001',
  import_id: null,
  created_at: '2025-01-15T10:30:00.000Z',
  updated_at: '2025-01-15T10:30:00.000Z',
};

export function renderExpense(given: ledger.Expense | undefined): z.input<typeof expenseSchema> {
  const expense = present(given, 'an expense');
  const paid = present(expense.amount, 'an amount');
  const booked = present(expense.booked, 'a booked amount');
  const rate = present(expense.rate, 'a rate');
  const createdAt = renderInstant(expense.createdAt);
  // Most expenses are never edited, and writing an instant takes as long as all the other fields.
  const isEdited = expense.updatedAt?.getTime() !== expense.createdAt?.getTime();
  return {
    id: expense.id,
    amount: formatAmount(paid.amountMinor, paid.currency),
    currency: paid.currency,
    booked_amount: formatAmount(booked.amountMinor, booked.currency),
    booked_currency: booked.currency,
    exchange_rate: { rate: rate.rate, source: rate.source, date: rate.date },
    title: expense.title,
    description: expense.description || null,
    category_id: expense.category?.id || null,
    category_name: expense.category?.name || null,
    account_id: expense.account?.id || null,
    account_name: expense.account?.name || null,
    project_id: expense.project?.id || null,
    project_name: expense.project?.name || null,
    expense_date: expense.expenseDate,
    payment_method: (expense.paymentMethod || null) as PaymentMethod | null,
    tags: expense.tags,
    vendor: expense.vendor || null,
    status: expense.status as 'posted' | 'reversed',
    version: Number(expense.version),
    user_id: expense.userId || null,
    import_id: expense.importId || null,
    created_at: createdAt,
    updated_at: isEdited ? renderInstant(expense.updatedAt) : createdAt,
  };
}
