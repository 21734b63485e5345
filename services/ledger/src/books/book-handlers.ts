import type { access, ledger } from '@outlay/contracts';
import { invalid, parseInput, parsePage, type ServiceHandlers, toPageInfo } from '@outlay/platform';
import { z } from 'zod';
import { currency, date, id, optional } from '../grpc/fields.ts';
import type { CurrencyTotals } from './account-balances.ts';
import type { BookWork } from './books.ts';
import { getTrialBalance } from './get-trial-balance.ts';
import { type AccountPage, type CurrencyBalance, listAccountEntries } from './list-account-entries.ts';
import { type AccountBalances, listBalances } from './list-balances.ts';

type Rpc = 'listBalances' | 'getTrialBalance' | 'listAccountEntries';

/** The RPCs by which the books are read, to be bound with those of the rest of the ledger. */
export function createBookHandlers(
  work: BookWork,
): Pick<ServiceHandlers<typeof ledger.LedgerServiceService, typeof access.ledger>, Rpc> {
  return {
    listBalances: async (context, request) => {
      const given = parseInput(balances, {
        ...{ as_of: request.asOf, known_as_of: request.knownAsOf, currency: request.currency },
      });
      const page = parsePage(request.page, balancePosition);
      const { accounts, knownAsOf, hasMore } = await listBalances(work, context, {
        ...{ asOf: given.as_of, knownAsOf: given.known_as_of, currency: given.currency },
        ...page,
      });
      const last = accounts.at(-1);
      return {
        accounts: accounts.map(toBalancesMessage),
        knownAsOf,
        page: toPageInfo(page.limit, hasMore, last && { id: last.account.id, knownAsOf }),
      };
    },
    getTrialBalance: async (context, request) => {
      const given = parseInput(trialBalance, { as_of: request.asOf, known_as_of: request.knownAsOf });
      const found = await getTrialBalance(work, context, { asOf: given.as_of, knownAsOf: given.known_as_of });
      return { ...found, accounts: found.accounts.map(toBalancesMessage), totals: found.totals.map(toTotalsMessage) };
    },
    listAccountEntries: async (context, request) => {
      const given = parseInput(entries, {
        ...{ id: request.ledgerAccountId, date_from: request.dateFrom, date_to: request.dateTo },
        known_as_of: request.knownAsOf,
      });
      const { date_from: dateFrom, date_to: dateTo } = given;
      if (dateFrom !== undefined && dateTo !== undefined && dateTo < dateFrom) {
        throw invalid('date_to', 'out_of_range', 'must not be before date_from');
      }
      const page = parsePage(request.page, entryPosition);
      const found = await listAccountEntries(work, context, {
        ...{ accountId: given.id, dateFrom, dateTo, knownAsOf: given.known_as_of },
        ...page,
      });
      return toEntriesMessage(found, page.limit);
    },
  };
}

const instantFault = 'must be an instant in UTC such as 2025-01-15T09:00:00Z, with microseconds at most';

/** PostgreSQL keeps microseconds, and would round what is finer. */
const instant = z
  .string()
  .regex(/^(?:19|20|21)\d\d-[^.]*(?:\.\d{1,6})?Z$/, instantFault)
  .pipe(z.iso.datetime(instantFault));

const trialBalance = z.object({ as_of: optional(date), known_as_of: optional(instant) });
const balances = trialBalance.extend({ currency: optional(currency) });
const entries = z.object({
  ...{ id, date_from: optional(date), date_to: optional(date) },
  known_as_of: optional(instant),
});

const balancePosition = z.strictObject({ id, knownAsOf: instant });
const entryPosition = z.strictObject({
  position: z.strictObject({ date, recordedAt: instant, entryId: id, line: z.int().min(1).max(32_767) }),
  knownAsOf: instant,
});

const toTotalsMessage = (totals: CurrencyTotals): ledger.CurrencyTotals => ({
  currency: totals.currency,
  debitsMinor: totals.debitsMinor.toString(),
  creditsMinor: totals.creditsMinor.toString(),
  balanceMinor: totals.balanceMinor.toString(),
});

const toBalancesMessage = (found: AccountBalances): ledger.AccountBalances => ({
  account: found.account,
  balances: found.balances.map(toTotalsMessage),
});

const toBalanceMessage = ({ currency: code, balanceMinor }: CurrencyBalance): ledger.CurrencyBalance => ({
  currency: code,
  balanceMinor: balanceMinor.toString(),
});

function toEntriesMessage(found: AccountPage, limit: number): ledger.ListAccountEntriesResponse {
  const last = found.entries.at(-1);
  const position = last && {
    ...{ date: last.effectiveDate, recordedAt: last.recordedAt, entryId: last.entryId, line: last.line },
  };
  return {
    account: found.account,
    opening: found.opening.map(toBalanceMessage),
    closing: found.closing.map(toBalanceMessage),
    entries: found.entries.map((entry) => ({ ...entry, balanceMinor: entry.balanceMinor.toString() })),
    knownAsOf: found.knownAsOf,
    page: toPageInfo(limit, found.hasMore, { position, knownAsOf: found.knownAsOf }),
  };
}
