import type { TenantContext } from '@outlay/platform';
import { type ExpenseRow, type StoredExpense, toExpense } from '../store/expense-row.ts';
import { findExpenseStatement } from '../store/find-expense.ts';
import type { LedgerDependencies } from './dependencies.ts';
import { expenseNotFound } from './expense-errors.ts';
import { maySee } from './visibility.ts';

/** One expense, reversed or not. Throws not_found `expense_not_found`. */
export async function getExpense(
  { database }: LedgerDependencies,
  context: TenantContext,
  expenseId: string,
): Promise<StoredExpense> {
  const [row] = await database.once<ExpenseRow>(findExpenseStatement, [context.tenantId, expenseId]);
  const expense = row && toExpense(row);
  if (expense === undefined || !maySee(context, expense)) throw expenseNotFound();
  return expense;
}
