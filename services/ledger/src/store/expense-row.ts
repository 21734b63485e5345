import type { PaymentMethod } from '@outlay/contracts';
import type { BookableExpense } from '../domain/booking.ts';
import type { RateSource } from '../domain/money.ts';
import type { DescribedExpense } from '../messaging/expense-message.ts';

/** Columns of an expense named `expense`, for `toExpense`. */
export const expenseColumns = `
  expense.id, expense.version, expense.status, expense.entry_id, expense.entry_recorded_at, expense.currency,
  expense.amount_minor, expense.booked_currency, expense.booked_amount_minor, expense.rate, expense.rate_source,
  expense.rate_date, expense.title, expense.description, expense.category_id, expense.account_id, expense.project_id,
  expense.expense_date, expense.payment_method, expense.tags, expense.vendor, expense.user_id, expense.import_id,
  expense.created_at, expense.updated_at`;

/** Names of what an expense named `expense` refers to, as of now. For use with `referenceJoins`. */
export const referenceColumns =
  'category.name as category_name, account.name as account_name, project.name as project_name';

// Lateral with `offset 0`, so that these tables cannot be read before the expenses are, which in a statement that sets
// its tenant itself would be before the tenant is set.
export const referenceJoins = `
left join lateral (
  select categories.name from categories
  where categories.tenant_id = expense.tenant_id and categories.id = expense.category_id offset 0
) as category on true
left join lateral (
  select accounts.name from accounts
  where accounts.tenant_id = expense.tenant_id and accounts.id = expense.account_id offset 0
) as account on true
left join lateral (
  select projects.name from projects
  where projects.tenant_id = expense.tenant_id and projects.id = expense.project_id offset 0
) as project on true`;

export interface ExpenseRow {
  id: string;
  version: bigint;
  status: 'posted' | 'reversed';
  entry_id: string;
  entry_recorded_at: Date;
  currency: string;
  amount_minor: bigint;
  booked_currency: string;
  booked_amount_minor: bigint;
  rate: string;
  rate_source: RateSource;
  rate_date: string;
  title: string;
  description: string;
  category_id: string | null;
  account_id: string | null;
  project_id: string | null;
  expense_date: string;
  payment_method: string;
  tags: string[];
  vendor: string;
  user_id: string;
  import_id: string | null;
  created_at: Date;
  updated_at: Date;
  category_name: string | null;
  account_name: string | null;
  project_name: string | null;
}

/** An expense as stored, with the names of what it refers to. */
export type StoredExpense = DescribedExpense & BookableExpense;

export const toExpense = (row: ExpenseRow): StoredExpense => ({
  id: row.id,
  amount: { currency: row.currency, amountMinor: row.amount_minor },
  booked: { currency: row.booked_currency, amountMinor: row.booked_amount_minor },
  rate: { rate: row.rate, source: row.rate_source, date: row.rate_date },
  title: row.title,
  description: row.description,
  categoryId: row.category_id ?? undefined,
  accountId: row.account_id ?? undefined,
  projectId: row.project_id ?? undefined,
  category: reference(row.category_id, row.category_name),
  account: reference(row.account_id, row.account_name),
  project: reference(row.project_id, row.project_name),
  expenseDate: row.expense_date,
  paymentMethod: row.payment_method as PaymentMethod | '',
  tags: row.tags,
  vendor: row.vendor,
  status: row.status,
  version: row.version,
  entryId: row.entry_id,
  userId: row.user_id,
  importId: row.import_id ?? undefined,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

const reference = (id: string | null, name: string | null) => (id === null ? undefined : { id, name: name ?? '' });

/** What an expense says beside its amounts, as parameters: title, description, category_id, account_id, project_id, expense_date, payment_method, tags, vendor. */
export const detailValues = (expense: BookableExpense): unknown[] => [
  expense.title,
  expense.description,
  expense.categoryId ?? null,
  expense.accountId ?? null,
  expense.projectId ?? null,
  expense.expenseDate,
  expense.paymentMethod,
  expense.tags,
  expense.vendor,
];
