import type { TenantContext } from '@outlay/platform';
import { totalsByCurrency } from './account-balances.ts';
import { type BookPosition, endOf, startOf } from './book-position.ts';
import { type BookWork, readBooks } from './books.ts';
import { findLedgerAccount, type LedgerAccount } from './chart.ts';
import { type AccountPosting, readAccountEntries } from './read-account-entries.ts';
import { sumAccount } from './sum-postings.ts';

export interface AccountListing {
  accountId: string;
  /** Effective dates, both inclusive. */
  dateFrom: string | undefined;
  dateTo: string | undefined;
  knownAsOf: string | undefined;
  after: { position: BookPosition; knownAsOf: string } | undefined;
  limit: number;
}

export interface CurrencyBalance {
  currency: string;
  balanceMinor: bigint;
}

export interface AccountPage {
  account: LedgerAccount;
  /** Before the first entry of the list and after its last one, whichever page this is. */
  opening: CurrencyBalance[];
  closing: CurrencyBalance[];
  /** By effective date, then as they were recorded; each with the balance of its currency behind it. */
  entries: (AccountPosting & { balanceMinor: bigint })[];
  knownAsOf: string;
  hasMore: boolean;
}

/**
 * The general ledger of one account: its postings one after the other, with the balance after each. The balances of a page
 * go on where those of the page before end, as each page is of the instant of the first one.
 *
 * Throws not_found `ledger_account_not_found`.
 */
export function listAccountEntries(
  work: BookWork,
  context: TenantContext,
  { accountId, dateFrom, dateTo, knownAsOf, after, limit }: AccountListing,
): Promise<AccountPage> {
  return readBooks(work, context, { knownAsOf, ofPage: after?.knownAsOf }, async (session, cut) => {
    const account = await findLedgerAccount(session, cut.knownAsOf, accountId);
    const balancesAt = async (place: BookPosition): Promise<CurrencyBalance[]> =>
      totalsByCurrency(await sumAccount(session, cut, accountId, place));

    const opening = await balancesAt(startOf(dateFrom));
    const closing = await balancesAt(endOf(dateTo));
    const reached = after ? await balancesAt(after.position) : opening;
    const place = after?.position ?? startOf(dateFrom);
    const found = await readAccountEntries(session, cut, { accountId, after: place, to: dateTo, count: limit + 1 });
    return {
      ...{ account, opening, closing, knownAsOf: cut.knownAsOf, hasMore: found.length > limit },
      entries: withBalances(found.slice(0, limit), reached),
    };
  });
}

function withBalances(postings: readonly AccountPosting[], reached: readonly CurrencyBalance[]) {
  const balances = new Map(reached.map(({ currency, balanceMinor }) => [currency, balanceMinor]));
  return postings.map((posting) => {
    const balanceMinor = (balances.get(posting.currency) ?? 0n) + posting.amountMinor;
    balances.set(posting.currency, balanceMinor);
    return { ...posting, balanceMinor };
  });
}
