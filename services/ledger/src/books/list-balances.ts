import type { TenantContext } from '@outlay/platform';
import { balancesByAccount, type CurrencyTotals } from './account-balances.ts';
import { type BookWork, readBooks } from './books.ts';
import { type LedgerAccount, readChart } from './chart.ts';
import { sumAccounts } from './sum-postings.ts';

export interface BalanceListing {
  /** The last effective date that counts. */
  asOf: string | undefined;
  knownAsOf: string | undefined;
  currency: string | undefined;
  after: { id: string; knownAsOf: string } | undefined;
  limit: number;
}

export interface AccountBalances {
  account: LedgerAccount;
  balances: CurrencyTotals[];
}

/**
 * What each account of the chart stands at, by id: in each currency that was ever posted to it, or in one that is given.
 * The pages of a list are of one instant.
 */
export function listBalances(
  work: BookWork,
  context: TenantContext,
  { asOf, knownAsOf, currency, after, limit }: BalanceListing,
): Promise<{ accounts: AccountBalances[]; knownAsOf: string; hasMore: boolean }> {
  return readBooks(work, context, { knownAsOf, ofPage: after?.knownAsOf }, async (session, cut) => {
    const sums = await sumAccounts(session, cut, asOf);
    const balances = balancesByAccount(currency === undefined ? sums : sums.filter((sum) => sum.currency === currency));
    const found = await readChart(session, {
      ...{ knownAsOf: cut.knownAsOf, after: after?.id, count: limit + 1 },
      ...(currency === undefined ? {} : { ids: [...balances.keys()] }),
    });
    return {
      accounts: found.slice(0, limit).map((account) => ({ account, balances: balances.get(account.id) ?? [] })),
      knownAsOf: cut.knownAsOf,
      hasMore: found.length > limit,
    };
  });
}
