import type { ledger } from '@outlay/contracts';
import type { TenantContext } from '@outlay/platform';
import { readExpenseHistory } from '../store/read-expense-history.ts';
import type { LedgerDependencies } from './dependencies.ts';
import { getExpense } from './get-expense.ts';

export interface ExpenseHistoryPage {
  expenseId: string;
  after: { id: string } | undefined;
  limit: number;
}

/**
 * What became of an expense, the newest change first: who did it in which request, how the expense was before and after, and
 * the journal entries that were booked by it. Throws not_found `expense_not_found`, for another member's too.
 */
export async function listExpenseHistory(
  dependencies: LedgerDependencies,
  context: TenantContext,
  { expenseId, after, limit }: ExpenseHistoryPage,
): Promise<{ changes: ledger.ExpenseChange[]; hasMore: boolean }> {
  await getExpense(dependencies, context, expenseId);
  const changes = await dependencies.database.withTenant(
    context,
    (session) => readExpenseHistory(session, { expenseId, after: after?.id, count: limit + 1 }),
    { readOnly: true },
  );
  return { changes: changes.slice(0, limit), hasMore: changes.length > limit };
}
