import type { ledger } from '@outlay/contracts';
import type { TenantContext } from '@outlay/platform';
import { type StoredAccount, toAccountMessage } from '../store/accounts.ts';
import type { ExpenseFilter } from '../store/expense-filter.ts';
import type { LedgerDependencies } from './dependencies.ts';

/** Members see and change what is theirs; everyone else of the tenant sees all of it. */
export const maySee = (context: TenantContext, expense: { userId: string }): boolean =>
  context.role !== 'member' || expense.userId === context.actor.id;

/** An account as the caller sees it. Members book on it by its name and kind; what it held is for those who see balances. */
export function toShownAccount(context: TenantContext, stored: StoredAccount): ledger.Account {
  const account = toAccountMessage(stored);
  return context.role === 'member' ? { ...account, openingBalance: undefined } : account;
}

/** A filter as it is asked for: whether its currency is the tenant's own has yet to be looked at. */
export type WantedExpenses = Omit<ExpenseFilter, 'currency'> & { currency?: string | undefined };

/** The filter for what the caller may see of what is wanted; undefined where that can be nothing. */
export async function toOwnFilter(
  { tenants }: Pick<LedgerDependencies, 'tenants'>,
  context: TenantContext,
  { currency, ...wanted }: WantedExpenses,
): Promise<ExpenseFilter | undefined> {
  // Words that are none: nothing has them.
  if (wanted.words?.length === 0) return undefined;
  const isMember = context.role === 'member';
  if (isMember && wanted.userId !== undefined && wanted.userId !== context.actor.id) return undefined;
  const own = isMember ? { ...wanted, userId: context.actor.id } : wanted;
  if (currency === undefined) return own;
  return { ...own, currency: { code: currency, isForeign: currency !== (await tenants.currencyOf(context)) } };
}
