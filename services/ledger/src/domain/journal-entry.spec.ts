import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { entryOf, isBalanced, isEntryOf, type JournalEntry, reversalOf, type Spending } from './journal-entry.ts';
import { ledgerAccounts } from './ledger-account.ts';

const ids = { entryId: 'entry', expenseId: 'expense' };
const money = (currency: string, amountMinor: bigint) => ({ currency, amountMinor });

const aSpending = (different: Partial<Spending> = {}): Spending => ({
  amount: money('EUR', 100n),
  booked: money('EUR', 100n),
  rate: { rate: '1', source: 'identity', date: '2025-01-15' },
  expenseDate: '2025-01-15',
  categoryId: 'category',
  accountId: 'account',
  ...different,
});

describe('an entry', () => {
  const abroad = aSpending({ amount: money('USD', 125n), rate: { rate: '0.80', source: 'given', date: '2025-01-15' } });

  it('is the one of what it books, however it was paid', () => {
    for (const spending of [aSpending(), aSpending({ categoryId: undefined, accountId: undefined }), abroad]) {
      for (const currency of ['EUR', 'USD', undefined]) {
        expect(isEntryOf(entryOf(spending, ids, currency), spending)).toBe(true);
      }
    }
    const rate = { ...abroad.rate, rate: '0.8' };
    expect(isEntryOf(entryOf(abroad, ids, 'USD'), { ...abroad, rate })).toBe(true);
  });

  const others: Partial<Spending>[] = [
    { amount: money('USD', 126n) },
    { amount: money('CHF', 125n) },
    { booked: money('EUR', 101n) },
    { booked: money('CHF', 100n) },
    { rate: { ...abroad.rate, rate: '0.81' } },
    { rate: { ...abroad.rate, source: 'billed' } },
    { rate: { ...abroad.rate, date: '2025-01-16' } },
    { expenseDate: '2025-01-16' },
    { categoryId: 'another' },
    { categoryId: undefined },
    { accountId: 'another' },
    { accountId: undefined },
  ];

  it.each(others)('is not the one of %o', (different) => {
    for (const currency of ['EUR', 'USD']) {
      expect(isEntryOf(entryOf(abroad, ids, currency), { ...abroad, ...different })).toBe(false);
    }
  });
});

describe('an entry any of whose postings was changed', () => {
  const abroad = aSpending({ amount: money('USD', 125n), rate: { rate: '0.80', source: 'given', date: '2025-01-15' } });
  const entry = entryOf(abroad, ids, 'USD');
  const withPostings = (postings: JournalEntry['postings']): JournalEntry => ({ ...entry, postings });

  it.each([0, 1, 2, 3])('is of no spending, and balanced no more (%s)', (at) => {
    const paidMore = withPostings(
      entry.postings.map((posting, index) =>
        index === at ? { ...posting, amountMinor: posting.amountMinor + 1n } : posting,
      ),
    );
    const oneLess = withPostings(entry.postings.filter((_posting, index) => index !== at));

    for (const changed of [paidMore, oneLess]) {
      expect(isEntryOf(changed, abroad)).toBe(false);
      expect(isBalanced(changed)).toBe(false);
    }
    const elsewhere = withPostings(
      entry.postings.map((posting, index) => (index === at ? { ...posting, ledgerAccountId: 'elsewhere' } : posting)),
    );
    expect(isEntryOf(elsewhere, abroad)).toBe(false);
    expect(isBalanced(elsewhere)).toBe(true);
  });

  it('is of no spending without postings', () => {
    expect(isEntryOf(withPostings([]), abroad)).toBe(false);
    expect(isBalanced(withPostings([]))).toBe(false);
  });
});

const sums = (...entries: JournalEntry[]): Map<string, bigint> => {
  const byCurrency = new Map<string, bigint>();
  for (const { currency, amountMinor } of entries.flatMap((entry) => entry.postings)) {
    byCurrency.set(currency, (byCurrency.get(currency) ?? 0n) + amountMinor);
  }
  return byCurrency;
};

describe('the entry of an expense', () => {
  it('debits the category and credits the account', () => {
    const entry = entryOf(aSpending(), ids);

    expect(entry).toMatchObject({ id: 'entry', expenseId: 'expense', kind: 'expense', effectiveDate: '2025-01-15' });
    expect(entry.postings).toEqual([
      { ledgerAccountId: 'category', currency: 'EUR', amountMinor: 100n },
      { ledgerAccountId: 'account', currency: 'EUR', amountMinor: -100n },
    ]);
  });

  it('books a refund the other way round', () => {
    const entry = entryOf(aSpending({ amount: money('EUR', -100n), booked: money('EUR', -100n) }), ids);

    expect(entry.postings.map(({ amountMinor }) => amountMinor)).toEqual([-100n, 100n]);
  });

  it('uses the accounts for what is not named', () => {
    const entry = entryOf(aSpending({ categoryId: undefined, accountId: undefined }), ids);

    expect(entry.postings.map(({ ledgerAccountId }) => ledgerAccountId)).toEqual([
      ledgerAccounts.uncategorised,
      ledgerAccounts.unassigned,
    ]);
  });

  const abroad = { amount: money('USD', 125n), booked: money('EUR', 100n) };

  it('charges an account of the tenant’s currency, or of a third one, in the tenant’s currency', () => {
    for (const accountCurrency of ['EUR', 'GBP', undefined]) {
      expect(entryOf(aSpending(abroad), ids, accountCurrency).postings).toEqual([
        { ledgerAccountId: 'category', currency: 'EUR', amountMinor: 100n },
        { ledgerAccountId: 'account', currency: 'EUR', amountMinor: -100n },
      ]);
    }
  });

  it('charges an account of the currency that was paid in that, by way of the exchange account', () => {
    expect(entryOf(aSpending(abroad), ids, 'USD').postings).toEqual([
      { ledgerAccountId: 'category', currency: 'EUR', amountMinor: 100n },
      { ledgerAccountId: ledgerAccounts.exchange, currency: 'EUR', amountMinor: -100n },
      { ledgerAccountId: ledgerAccounts.exchange, currency: 'USD', amountMinor: 125n },
      { ledgerAccountId: 'account', currency: 'USD', amountMinor: -125n },
    ]);
  });

  const currency = fc.constantFrom('EUR', 'USD', 'JPY');
  const amounts = fc.record({ currency, amountMinor: fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }) });
  const spendings = fc.record({
    amount: amounts,
    booked: amounts,
    categoryId: fc.option(fc.uuid(), { nil: undefined }),
    accountId: fc.option(fc.uuid(), { nil: undefined }),
  });

  it('sums to zero in each currency, whatever was spent, and has two postings or more', () => {
    fc.assert(
      fc.property(spendings, fc.option(currency, { nil: undefined }), (spending, accountCurrency) => {
        const entry = entryOf(aSpending(spending), ids, accountCurrency);
        expect(entry.postings.length).toBeGreaterThanOrEqual(2);
        expect(isBalanced(entry)).toBe(true);
        expect([...sums(entry).values()].every((sum) => sum === 0n)).toBe(true);
      }),
    );
  });

  it('is undone by its reversal, account by account', () => {
    fc.assert(
      fc.property(spendings, fc.option(currency, { nil: undefined }), (spending, accountCurrency) => {
        const entry = entryOf(aSpending(spending), ids, accountCurrency);
        const reversal = reversalOf(entry, 'reversal');
        expect(reversal).toMatchObject({ id: 'reversal', kind: 'reversal', reversesEntryId: 'entry' });
        expect(reversal.effectiveDate).toBe(entry.effectiveDate);
        const left = new Map<string, bigint>();
        for (const { ledgerAccountId, currency, amountMinor } of [...entry.postings, ...reversal.postings]) {
          const account = `${ledgerAccountId} ${currency}`;
          left.set(account, (left.get(account) ?? 0n) + amountMinor);
        }
        expect([...left.values()].every((balance) => balance === 0n)).toBe(true);
      }),
    );
  });
});
