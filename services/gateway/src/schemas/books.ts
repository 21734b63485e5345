import type { ledger } from '@outlay/contracts';
import { formatAmount } from '@outlay/platform';
import { z } from 'zod';
import {
  bookedDate,
  calendarDate,
  currency,
  endsAfterItBegins,
  endsTooEarly,
  pageOf,
  pageQuery,
  preciseInstant,
  present,
  renderedAmount,
  renderPagination,
  uuid,
} from './common.ts';

/** What is said of the lists of the books. */
export const ofOneInstant =
  'The pages of a list are of one instant, and what the last one ends with is what the next goes on from. Where a list has ' +
  'several pages and something was booked within the last second, its first page is answered once that is final, about a second later.';

const knownAsOfHint = 'must be an instant in UTC such as 2025-02-01T00:00:00Z, with microseconds at most';

/** An instant of the past in UTC; finer than microseconds nothing is recorded. */
const knownAsOf = z.iso
  .datetime({ error: knownAsOfHint })
  .regex(/^(?:19|20|21)\d\d-[^.]*(?:\.\d{1,6})?Z$/, knownAsOfHint)
  .meta({
    description:
      'What the books had recorded by then; left out: by now. The same question about an instant has the same answer for ever, ' +
      'so that one less than a second ago is waited for.',
    examples: ['2025-02-01T00:00:00Z'],
  });

const asOf = calendarDate.meta({ description: 'The last day that counts; left out: all that is booked counts.' });

export const trialBalanceQuery = z.strictObject({ as_of: asOf.optional(), known_as_of: knownAsOf.optional() });

export const balancesQuery = z.strictObject({
  ...trialBalanceQuery.shape,
  currency: currency.optional().meta({ description: 'Only accounts that something was posted to in this currency.' }),
  ...pageQuery,
});

export const accountEntriesQuery = z
  .strictObject({
    date_from: calendarDate.optional().meta({ description: 'Effective on or after.' }),
    date_to: calendarDate.optional().meta({ description: 'Effective on or before.' }),
    known_as_of: knownAsOf.optional(),
    ...pageQuery,
  })
  .refine(endsAfterItBegins, endsTooEarly);

const ledgerAccount = z
  .strictObject({
    id: uuid.meta({ description: 'That of the category or the account; four are the same for every tenant.' }),
    class: z
      .enum(['expense', 'asset', 'liability', 'equity'])
      .nullable()
      .meta({
        description:
          'Cards and loans are liabilities, the other accounts assets. Null: something was posted to what is not in the chart ' +
          'of accounts.',
      }),
    name: z.string(),
  })
  .meta({ id: 'LedgerAccount', description: 'An account of the chart of accounts.' });

const totals = z
  .strictObject({
    currency,
    debits: renderedAmount,
    credits: renderedAmount,
    balance: renderedAmount.meta({ description: 'Debits less credits, as decimal text.' }),
  })
  .meta({ id: 'CurrencyTotals' });

const accountBalances = z
  .strictObject({
    account: ledgerAccount,
    balances: z.array(totals).meta({ description: 'By currency; none where nothing was posted.' }),
  })
  .meta({ id: 'AccountBalances' });

const told = preciseInstant.meta({
  description: 'The instant whose knowledge this is: ask with it for the same answer again.',
});

export const balancePage = pageOf('AccountBalancesPage', accountBalances)
  .extend({ as_of: calendarDate.nullable(), known_as_of: told })
  .meta({ id: 'AccountBalancesPage' });

export const trialBalanceSchema = z
  .strictObject({
    as_of: calendarDate.nullable(),
    known_as_of: told,
    balanced: z.boolean().meta({
      description:
        'Whether all balances of each currency add up to zero. False: the books were changed past the platform.',
    }),
    totals: z.array(totals).meta({ description: 'By currency; each balance is zero.' }),
    accounts: z.array(accountBalances).meta({ description: 'Those that something was posted to.' }),
  })
  .meta({ id: 'TrialBalance' });

const currencyBalance = z.strictObject({ currency, balance: renderedAmount }).meta({ id: 'CurrencyBalance' });

const accountEntry = z
  .strictObject({
    entry_id: uuid,
    line: z.int().min(1),
    effective_date: bookedDate,
    recorded_at: preciseInstant,
    kind: z.string().meta({
      description:
        '`expense`, `reversal` of an earlier entry, `restatement` at a corrected rate, or `opening` of an account.',
    }),
    expense_id: uuid.nullable().meta({ description: 'Null of an opening balance.' }),
    description: z
      .string()
      .meta({ description: 'The title of the expense when this was booked; of an opening balance, that it is one.' }),
    currency,
    amount: renderedAmount.meta({ description: 'Decimal text: debits are positive, credits negative.' }),
    balance: renderedAmount.meta({ description: 'Of the account in this currency, with this entry; decimal text.' }),
  })
  .meta({ id: 'AccountEntry', description: 'One posting to an account.' });

export const accountEntryPage = pageOf('AccountEntryPage', accountEntry)
  .extend({
    account: ledgerAccount,
    known_as_of: told,
    opening: z.array(currencyBalance).meta({ description: 'Before the first entry of the whole list.' }),
    closing: z.array(currencyBalance).meta({ description: 'After the last entry of the whole list.' }),
  })
  .meta({ id: 'AccountEntryPage' });

const knownAsOfExample = '2025-02-01T09:00:00.000000Z';

const accountExample: z.input<typeof ledgerAccount> = {
  id: '0197a3c0-1111-7000-8000-000000000001',
  class: 'expense',
  name: 'Software',
};

const totalsExample: z.input<typeof totals> = {
  currency: 'EUR',
  debits: '125.50',
  credits: '0.00',
  balance: '125.50',
};

const otherSide: z.input<typeof accountBalances> = {
  account: { id: '00000000-0000-7000-8000-000000000002', class: 'asset', name: 'Unassigned' },
  balances: [{ currency: 'EUR', debits: '0.00', credits: '125.50', balance: '-125.50' }],
};

const balancesExample: z.input<typeof accountBalances>[] = [
  otherSide,
  { account: accountExample, balances: [totalsExample] },
];

const pagination = { next_cursor: null, has_more: false, limit: 50 };

export const balancePageExample: z.input<typeof balancePage> = {
  ...{ as_of: '2025-01-31', known_as_of: knownAsOfExample },
  ...{ data: balancesExample, pagination },
};

export const trialBalanceExample: z.input<typeof trialBalanceSchema> = {
  ...{ as_of: '2025-01-31', known_as_of: knownAsOfExample, balanced: true },
  totals: [{ currency: 'EUR', debits: '125.50', credits: '125.50', balance: '0.00' }],
  accounts: balancesExample,
};

export const accountEntryPageExample: z.input<typeof accountEntryPage> = {
  ...{ account: accountExample, known_as_of: knownAsOfExample },
  opening: [],
  closing: [{ currency: 'EUR', balance: '125.50' }],
  data: [
    {
      ...{ entry_id: '0197a3c0-5555-7000-8000-000000000001', line: 1, effective_date: '2025-01-15' },
      ...{ recorded_at: '2025-01-15T10:30:00.123456Z', kind: 'expense' },
      ...{ expense_id: '0197a3c0-4444-7000-8000-000000000001', description: 'Design tool' },
      ...{ currency: 'EUR', amount: '125.50', balance: '125.50' },
    },
  ],
  pagination,
};

export const renderBalancePage = (
  found: ledger.ListBalancesResponse,
  { as_of: day, limit }: { as_of?: string | undefined; limit: number },
): z.input<typeof balancePage> => ({
  ...{ as_of: day ?? null, known_as_of: found.knownAsOf },
  ...{ data: found.accounts.map(renderBalances), pagination: renderPagination(found.page, limit) },
});

export const renderTrialBalance = (
  found: ledger.GetTrialBalanceResponse,
  day: string | undefined,
): z.input<typeof trialBalanceSchema> => ({
  ...{ as_of: day ?? null, known_as_of: found.knownAsOf, balanced: found.isBalanced },
  ...{ totals: found.totals.map(renderTotals), accounts: found.accounts.map(renderBalances) },
});

export const renderAccountEntries = (
  found: ledger.ListAccountEntriesResponse,
  limit: number,
): z.input<typeof accountEntryPage> => ({
  ...{ account: renderAccount(found.account), known_as_of: found.knownAsOf },
  ...{ opening: found.opening.map(renderBalance), closing: found.closing.map(renderBalance) },
  ...{ data: found.entries.map(renderEntry), pagination: renderPagination(found.page, limit) },
});

/** Sums come as text, as they may be longer than 64 bits. */
const decimal = (minor: string, of: string): string => formatAmount(BigInt(minor), of);

function renderAccount(given: ledger.LedgerAccount | undefined): z.input<typeof ledgerAccount> {
  const { id, class: of, name } = present(given, 'an account');
  return { id, class: of === '' ? null : (of as z.output<typeof ledgerAccount>['class']), name };
}

const renderTotals = (given: ledger.CurrencyTotals): z.input<typeof totals> => ({
  currency: given.currency,
  debits: decimal(given.debitsMinor, given.currency),
  credits: decimal(given.creditsMinor, given.currency),
  balance: decimal(given.balanceMinor, given.currency),
});

const renderBalances = (given: ledger.AccountBalances): z.input<typeof accountBalances> => ({
  account: renderAccount(given.account),
  balances: given.balances.map(renderTotals),
});

const renderBalance = (given: ledger.CurrencyBalance): z.input<typeof currencyBalance> => ({
  currency: given.currency,
  balance: decimal(given.balanceMinor, given.currency),
});

const renderEntry = (given: ledger.AccountEntry): z.input<typeof accountEntry> => ({
  entry_id: given.entryId,
  line: given.line,
  effective_date: given.effectiveDate,
  recorded_at: given.recordedAt,
  kind: given.kind,
  expense_id: given.expenseId || null,
  description: given.description,
  currency: given.currency,
  amount: formatAmount(given.amountMinor, given.currency),
  balance: decimal(given.balanceMinor, given.currency),
});
