import type { TenantContext } from '@outlay/platform';
import { type ExpenseSort, expenseOrder } from '../store/expense-order.ts';
import { type StoredExpense, toExpense } from '../store/expense-row.ts';
import { type ExpensePosition, type ListedRow, listExpensesStatement } from '../store/list-expenses.ts';
import type { LedgerDependencies } from './dependencies.ts';
import { toOwnFilter, type WantedExpenses } from './visibility.ts';

/** What part of the list is wanted. */
export interface ExpenseListing {
  filter: WantedExpenses;
  sort: ExpenseSort;
  after: ExpensePosition | undefined;
  limit: number;
}

/**
 * A page of the expenses the caller may see, in the order of the sort and of ids. The page after it begins behind `last`,
 * whatever is booked meanwhile. One round trip.
 */
export async function listExpenses(
  dependencies: Pick<LedgerDependencies, 'database' | 'tenants'>,
  context: TenantContext,
  { filter, sort, after, limit }: ExpenseListing,
): Promise<{ expenses: StoredExpense[]; hasMore: boolean; last: ExpensePosition | undefined }> {
  const own = await toOwnFilter(dependencies, context, filter);
  if (own === undefined) return { expenses: [], hasMore: false, last: undefined };
  const wanted = { filter: own, order: expenseOrder(sort), after, count: limit + 1 };
  const { statement, values } = listExpensesStatement(context.tenantId, wanted);
  const found = await dependencies.database.once<ListedRow>(statement, values);
  const shown = found.slice(0, limit);
  const row = shown.at(-1);
  return {
    expenses: shown.map(toExpense),
    hasMore: found.length > limit,
    last: row && { key: row.sort_key, id: row.id },
  };
}
