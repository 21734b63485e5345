import type { Session } from '@outlay/platform';
import { booksDisagree } from '../domain/books-disagree.ts';
import { searchTextOf } from '../domain/search-words.ts';
import { detailValues, type StoredExpense } from './expense-row.ts';
import { isRefusedBy } from './is-refused-by.ts';

/** Stores the new state of an expense whose entry was inserted in this transaction. The caller holds its row lock. */
export async function updateExpense(session: Session, expense: StoredExpense): Promise<void> {
  await unlessForged(session, updateStatement, [
    session.tenantId,
    expense.id,
    expense.version,
    expense.entryId,
    expense.amount.currency,
    expense.amount.amountMinor,
    expense.booked.amountMinor,
    expense.rate.rate,
    expense.rate.source,
    expense.rate.date,
    ...detailValues(expense),
    searchTextOf(expense),
  ]);
}

const updateStatement = {
  name: 'update_expense',
  text: `
update expenses
set version = $3, entry_id = $4, entry_recorded_at = now(), currency = $5, amount_minor = $6, booked_amount_minor = $7,
  rate = $8, rate_source = $9, rate_date = $10, title = $11, description = $12, category_id = $13, account_id = $14,
  project_id = $15, expense_date = $16, payment_method = $17, tags = $18, vendor = $19, search_text = $20,
  updated_at = now()
where expenses.tenant_id = $1 and expenses.id = $2`,
};

/**
 * The terms of an expense follow its status and day by triggers, and are in the way where it was brought back past them.
 * Throws conflict `books_disagree` then.
 */
async function unlessForged(session: Session, statement: Statement, values: unknown[]) {
  try {
    return await session.query<{ updated_at: Date }>(statement, values);
  } catch (error) {
    if (isRefusedBy(error, '23505', 'expense_terms_pkey')) throw booksDisagree('expense');
    throw error;
  }
}

type Statement = { name: string; text: string };

/** Marks expenses as taken out of the books; they keep the entries that were in force last. Answers their updated_at. */
export async function markReversed(session: Session, expenseIds: readonly string[]): Promise<Date> {
  const { rows } = await unlessForged(session, markStatement, [session.tenantId, expenseIds]);
  if (!rows[0] || rows.length !== expenseIds.length) throw new Error('A locked expense is gone');
  return rows[0].updated_at;
}

const markStatement = {
  name: 'mark_expenses_reversed',
  text: `
update expenses set status = 'reversed', version = expenses.version + 1, updated_at = now()
where expenses.tenant_id = $1 and expenses.id = any ($2::uuid[])
returning expenses.updated_at`,
};
