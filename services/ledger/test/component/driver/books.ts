import type { ledger, PageInfo, PageRequest } from '@outlay/contracts';
import type { CallerContext } from '@outlay/platform';
import type { TestLedger } from './start-ledger.ts';

/** When something counts and what is known of it; left out: all, and now. */
export interface Asked {
  asOf?: string;
  knownAsOf?: string;
  currency?: string;
}

/** What tests ask of the books: whole lists, page by page. */
export function booksOf({ client, query }: Pick<TestLedger, 'client' | 'query'>) {
  return {
    async balances(context: CallerContext, asked: Asked = {}, limit = 200): Promise<ledger.ListBalancesResponse> {
      const request = { asOf: asked.asOf ?? '', knownAsOf: asked.knownAsOf ?? '', currency: asked.currency ?? '' };
      const pages = await pagesOf(limit, (page) => client.listBalances(context, { ...request, page }));
      return { ...first(pages), accounts: pages.flatMap(({ accounts }) => accounts) };
    },
    trialBalance: (context: CallerContext, asked: Asked = {}): Promise<ledger.GetTrialBalanceResponse> =>
      client.getTrialBalance(context, { asOf: asked.asOf ?? '', knownAsOf: asked.knownAsOf ?? '' }),
    async entries(
      context: CallerContext,
      ledgerAccountId: string,
      asked: { dateFrom?: string; dateTo?: string; knownAsOf?: string } = {},
      limit = 200,
    ): Promise<ledger.ListAccountEntriesResponse> {
      const request = { ledgerAccountId, ...{ dateFrom: '', dateTo: '', knownAsOf: '' }, ...asked };
      const pages = await pagesOf(limit, (page) => client.listAccountEntries(context, { ...request, page }));
      for (const page of pages) {
        // Whichever page it is on, what the list opens and closes with is the same.
        if (
          JSON.stringify([page.opening, page.closing]) !== JSON.stringify([first(pages).opening, first(pages).closing])
        ) {
          throw new Error('The pages of a list disagree');
        }
      }
      return { ...first(pages), entries: pages.flatMap(({ entries }) => entries) };
    },
    /** Each posting with what its entry says, as an administrator reads them; instants with microseconds. */
    postings: (tenantId: string): Promise<PlainPosting[]> =>
      query<PlainPosting>(
        `select posting.ledger_account_id as account, posting.currency, posting.amount_minor::text as amount,
           entry.effective_date::text as date, entry.kind, entry.expense_id as expense, posting.entry_id as entry,
           to_char(posting.recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as recorded, posting.line
         from ledger.postings as posting
         join ledger.journal_entries as entry using (tenant_id, recorded_at)
         where posting.tenant_id = $1 and entry.id = posting.entry_id
         order by 4, 8, 7, 9`,
        [tenantId],
      ),
    /** The present instant, as the database has it. */
    async now(): Promise<string> {
      const [row] = await query<{ now: string }>(
        `select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as now`,
      );
      return row!.now;
    },
  };
}

export interface PlainPosting {
  account: string;
  currency: string;
  amount: string;
  date: string;
  kind: string;
  expense: string;
  entry: string;
  recorded: string;
  line: number;
}

export type Totals = Record<string, Record<string, [debits: bigint, credits: bigint]>>;

/** Postings added up one by one: account, currency, debits and credits. */
export function addUp(postings: readonly PlainPosting[], asked: Asked = {}): Totals {
  const totals: Totals = {};
  for (const { account, currency, amount, date, recorded } of postings) {
    if (asked.asOf !== undefined && date > asked.asOf) continue;
    if (asked.knownAsOf !== undefined && recorded > asked.knownAsOf) continue;
    const own = totals[account] ?? {};
    totals[account] = own;
    const [debits, credits] = own[currency] ?? [0n, 0n];
    const minor = BigInt(amount);
    own[currency] = minor > 0n ? [debits + minor, credits] : [debits, credits - minor];
  }
  return totals;
}

/** The same form of what the ledger answers; a balance that is not debits less credits throws. */
export const toTotals = (accounts: readonly ledger.AccountBalances[]): Totals =>
  Object.fromEntries(
    accounts
      .filter(({ balances }) => balances.length > 0)
      .map(({ account, balances }) => [account?.id, Object.fromEntries(balances.map(toPair))]),
  );

function toPair(totals: ledger.CurrencyTotals): [string, [bigint, bigint]] {
  const [debits, credits] = [BigInt(totals.debitsMinor), BigInt(totals.creditsMinor)];
  if (BigInt(totals.balanceMinor) !== debits - credits) throw new Error('A balance is not debits less credits');
  return [totals.currency, [debits, credits]];
}

async function pagesOf<T extends { page?: PageInfo | undefined }>(
  limit: number,
  read: (page: PageRequest) => Promise<T>,
): Promise<T[]> {
  const pages: T[] = [];
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    const page: T = await read({ limit, cursor });
    pages.push(page);
    cursor = page.page?.nextCursor || undefined;
  }
  return pages;
}

function first<T>(pages: readonly T[]): T {
  if (pages[0] === undefined) throw new Error('A list without a page');
  return pages[0];
}
