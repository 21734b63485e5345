import type { TenantContext } from '@outlay/platform';
import type { StoredExpense } from '../store/expense-row.ts';
import { type ExpenseFilter, type ExpensePosition, listExpenses as readExpenses } from '../store/list-expenses.ts';
import type { LedgerDependencies } from './dependencies.ts';

/** What part of the list is wanted. */
export interface ExpenseListing {
  filter: ExpenseFilter;
  isAscending: boolean;
  after: ExpensePosition | undefined;
  limit: number;
}

/**
 * A page of the expenses the caller may see, by expense date and id. The page after it begins behind its last expense,
 * whatever is booked meanwhile.
 */
export async function listExpenses(
  { database }: LedgerDependencies,
  context: TenantContext,
  { filter, isAscending, after, limit }: ExpenseListing,
): Promise<{ expenses: StoredExpense[]; hasMore: boolean }> {
  const isMember = context.role === 'member';
  if (isMember && filter.userId !== undefined && filter.userId !== context.actor.id) {
    return { expenses: [], hasMore: false };
  }
  const found = await readExpenses(database, context.tenantId, {
    filter: isMember ? { ...filter, userId: context.actor.id } : filter,
    isAscending,
    after,
    count: limit + 1,
  });
  return { expenses: found.slice(0, limit), hasMore: found.length > limit };
}
