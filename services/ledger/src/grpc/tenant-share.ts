import type { ledger } from '@outlay/contracts';
import type { RequestOf, TenantShare } from '@outlay/platform';

type Rpcs = typeof ledger.LedgerServiceService;

/** What looks at a tenant's expenses one by one, or at most of them: 0.2 to 1 s each in a tenant with a million. */
const heavy: { [R in keyof Rpcs]?: (request: RequestOf<Rpcs[R]>) => boolean } = {
  listExpenses: ({ filter }) => (filter?.text ?? '') !== '',
  getExpenseTotals: () => true,
  listBalances: () => true,
  getTrialBalance: () => true,
};

/**
 * Shares of the connections, so that whoever floods the service waits for itself and not everybody for it; and three for what
 * is heavy, which keeps as many processors of the database busy.
 */
export const tenantShareOf = (poolMax: number): TenantShare => ({
  total: poolMax,
  heavyAtOnce: Math.max(1, Math.min(3, Math.floor(poolMax / 4))),
  heavy,
});
