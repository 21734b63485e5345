import type { TenantContext } from '@outlay/platform';
import { balancesByAccount, type CurrencyTotals, totalsByCurrency } from './account-balances.ts';
import type { BookWork } from './books.ts';
import { readChart } from './chart.ts';
import type { AccountBalances } from './list-balances.ts';
import { momentOf } from './moment.ts';
import { sumJournal } from './sum-postings.ts';

export interface TrialBalance {
  /** Those that something was posted to, by id. */
  accounts: AccountBalances[];
  totals: CurrencyTotals[];
  isBalanced: boolean;
  knownAsOf: string;
}

/**
 * All debits and all credits, which are the same in each currency. They are counted in the journal itself, posting by
 * posting: a proof that looked at sums which were kept would prove those. Logs an error where the books do not balance.
 */
export async function getTrialBalance(
  { database, logger }: BookWork,
  context: TenantContext,
  given: { asOf: string | undefined; knownAsOf: string | undefined },
): Promise<TrialBalance> {
  const knownAsOf = await momentOf(database, given.knownAsOf);
  const { sums, chart } = await database.withTenant(
    context,
    async (session) => {
      const found = await sumJournal(session, knownAsOf, given.asOf);
      const ids = [...new Set(found.map(({ accountId }) => accountId))];
      return { sums: found, chart: await readChart(session, { knownAsOf, ids, count: ids.length }) };
    },
    { isolation: 'repeatable read', readOnly: true },
  );
  const known = new Map(chart.map((account) => [account.id, account]));
  const accounts = [...balancesByAccount(sums)]
    .map(([id, balances]) => ({ account: known.get(id) ?? { id, class: '', name: '' }, balances }))
    .sort((one, other) => (one.account.id < other.account.id ? -1 : 1));
  const totals = totalsByCurrency(sums);
  const isBalanced = totals.every(({ balanceMinor }) => balanceMinor === 0n);
  if (!isBalanced) logger.error({ tenant_id: context.tenantId }, 'the books of a tenant do not balance');
  return { accounts, totals, isBalanced, knownAsOf };
}
