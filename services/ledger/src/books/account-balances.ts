import type { AccountSum } from './sum-postings.ts';

/** What was posted in a currency, and what that leaves. */
export interface CurrencyTotals {
  currency: string;
  debitsMinor: bigint;
  creditsMinor: bigint;
  /** Debits less credits. */
  balanceMinor: bigint;
}

/** The sums of each account, by currency. */
export function balancesByAccount(sums: readonly AccountSum[]): Map<string, CurrencyTotals[]> {
  const accounts = Map.groupBy(sums, ({ accountId }) => accountId);
  return new Map([...accounts].map(([accountId, own]) => [accountId, totalsByCurrency(own)]));
}

/** The sums added up, by currency and in the order of their codes. */
export function totalsByCurrency(sums: readonly AccountSum[]): CurrencyTotals[] {
  const currencies = [...Map.groupBy(sums, ({ currency }) => currency)];
  return currencies
    .map(([currency, own]) => {
      const debitsMinor = own.reduce((total, sum) => total + sum.debitsMinor, 0n);
      const creditsMinor = own.reduce((total, sum) => total + sum.creditsMinor, 0n);
      return { currency, debitsMinor, creditsMinor, balanceMinor: debitsMinor - creditsMinor };
    })
    .sort((one, other) => (one.currency < other.currency ? -1 : 1));
}
