import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createDatabase, createSilentLogger, type Database, toTenantId } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import fc from 'fast-check';
import { segmentJournal } from '../../src/books/segment-journal.ts';
import { addUp, booksOf, type PlainPosting, type Totals, toTotals } from './driver/books.ts';
import { verify } from './driver/seals.ts';
import { anExpense, startLedger, type TestLedger, type TestTenant } from './driver/start-ledger.ts';
import { uploadOf } from './import-driver.ts';

let ledger: TestLedger;
let books: ReturnType<typeof booksOf>;
let database: Database;
beforeAll(async () => {
  ledger = await startLedger();
  books = booksOf(ledger);
  const url = ledger.database.urlFor('ledger');
  database = createDatabase({ url, applicationName: 'books', logger: createSilentLogger() });
});
afterAll(async () => {
  await database.close();
  await ledger.stop();
});

const days = ['2024-12-31', '2025-01-01', '2025-01-15', '2025-01-31', '2025-02-01', '2025-02-28', '2025-03-01'];
const spending = fc.record({
  amountMinor: fc
    .oneof(fc.integer({ min: -5_000, max: 5_000 }), fc.constant(1_000_000_000_000_000))
    .filter((n) => n !== 0),
  isForeign: fc.boolean(),
  rate: fc.constantFrom('0.5', '0.12345', '0.000001'),
  day: fc.constantFrom(...days),
  reference: fc.nat(2),
});
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ what: fc.constant('record' as const), spending }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('edit' as const), which: fc.nat(9), spending }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('reverse' as const), which: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('import' as const), rows: fc.integer({ min: 1, max: 4 }) }) },
);
const steps = fc.array(step, { minLength: 4, maxLength: 14 });

it('the books add up after whatever was recorded, edited, reversed and imported, and never answer the same question anew', async () => {
  await fc.assert(
    fc.asyncProperty(steps, steps, fc.integer({ min: 2, max: 9 }), async (before, after, segmentSize) => {
      const tenant = await ledger.tenant();
      const work = await atWork(tenant);
      for (const one of before) await work.take(one);
      const knownAsOf = await books.now();
      const known = await everythingAbout(tenant, knownAsOf);
      await segment(tenant, segmentSize, await books.postings(tenant.tenantId));

      for (const one of after) await work.take(one);

      const postings = await books.postings(tenant.tenantId);
      await holds(tenant, postings);
      expect(await everythingAbout(tenant, knownAsOf)).toEqual(known);
      await segment(tenant, segmentSize + 1, postings);
      await holds(tenant, postings);
      expect(await everythingAbout(tenant, knownAsOf)).toEqual(known);
      await holdsAt(tenant, postings, postings[Math.floor(postings.length / 2)]?.recorded);
      expect((await verify(ledger, tenant)).faults).toEqual([]);
    }),
    { numRuns: 6, interruptAfterTimeLimit: 150_000 },
  );
}, 300_000);

/** A tenant with two accounts and a category, and what can be done with its books. */
async function atWork(tenant: TestTenant) {
  const { owner } = tenant;
  const { category } = await ledger.client.createCategory(owner, { name: 'Software' });
  const euros = await ledger.client.createAccount(owner, {
    name: 'Euros',
    kind: 'bank',
    currency: 'EUR',
    openingBalance: undefined,
  });
  const dollars = await ledger.client.createAccount(owner, {
    name: 'Dollars',
    kind: 'bank',
    currency: 'USD',
    openingBalance: undefined,
  });
  const accounts = ['', euros.account!.id, dollars.account!.id];
  const expenses: string[] = [];
  const inputOf = (given: Spending) =>
    anExpense({
      amount: { currency: given.isForeign ? 'USD' : 'EUR', amountMinor: BigInt(given.amountMinor) },
      exchangeRate: given.isForeign ? given.rate : '',
      expenseDate: given.day,
      accountId: accounts[given.reference]!,
      categoryId: given.reference === 0 ? '' : category!.id,
    });
  let files = 0;

  return {
    async take(one: Step): Promise<void> {
      if (one.what === 'import') {
        const rows = Array.from({ length: one.rows }, (_, row) => `2025-02-0${row + 1},File ${++files},${row + 1}.25`);
        const parts = uploadOf(Buffer.from(`Date,Description,Amount\n${rows.join('\n')}\n`), `${files}.csv`);
        const started = await ledger.client.startImport(owner, parts);
        await eventually(async () => {
          const { import: found } = await ledger.client.getImport(owner, { importId: started.import!.id });
          expect(found!.status).toBe('completed');
        });
        return;
      }
      if (one.what === 'record') {
        const { expense } = await ledger.client.recordExpense(owner, { input: inputOf(one.spending) });
        expenses.push(expense!.id);
        return;
      }
      const index = one.which % Math.max(expenses.length, 1);
      const expenseId = expenses[index];
      if (expenseId === undefined) return;
      if (one.what === 'reverse') {
        await ledger.client.reverseExpense(owner, { expenseId });
        expenses.splice(index, 1);
        return;
      }
      const updateMask = ['amount', 'expense_date', 'account_id', 'category_id'];
      const input = inputOf(one.spending);
      await ledger.client.editExpense(owner, {
        ...{ expenseId, input, updateMask: one.spending.isForeign ? [...updateMask, 'exchange_rate'] : updateMask },
      });
    },
  };
}

type Drawn<A> = A extends fc.Arbitrary<infer T> ? T : never;
type Step = Drawn<typeof step>;
type Spending = Drawn<typeof spending>;

/** Brings the segments as far as they go, in small ones; what is recorded is final within about a second. */
async function segment(tenant: TestTenant, size: number, postings: readonly PlainPosting[]): Promise<void> {
  if (postings.length < size) return;
  await eventually(async () => {
    while (await segmentJournal(database, toTenantId(tenant.tenantId), size));
    const [row] = await ledger.query<{ count: number }>(
      `select count(*)::int as count from ledger.postings as posting
       where posting.tenant_id = $1 and posting.recorded_at > coalesce(
         (select max(recorded_through) from ledger.journal_segments where tenant_id = $1), '-infinity')`,
      [tenant.tenantId],
    );
    expect(row!.count).toBeLessThan(size);
  });
}

/** Balances, trial balance and running balances are what adding the postings up one by one comes to. */
async function holds(tenant: TestTenant, postings: readonly PlainPosting[]): Promise<void> {
  for (const asOf of [undefined, '2024-12-30', ...days]) {
    const expected = addUp(postings, { asOf });
    const trial = await books.trialBalance(tenant.owner, { asOf });
    expect(toTotals((await books.balances(tenant.owner, { asOf }, 2)).accounts)).toEqual(expected);
    expect(toTotals(trial.accounts)).toEqual(expected);
    expect(trial.isBalanced).toBe(true);
    expect(trial.totals.every(({ balanceMinor }) => balanceMinor === '0')).toBe(true);
  }
  for (const account of new Set(postings.map((posting) => posting.account))) {
    const own = postings.filter((posting) => posting.account === account);
    await runs(tenant, account, own, { dateFrom: undefined, dateTo: undefined });
    await runs(tenant, account, own, { dateFrom: '2025-01-15', dateTo: '2025-02-01' });
  }
}

async function runs(
  tenant: TestTenant,
  account: string,
  own: readonly PlainPosting[],
  { dateFrom = '0001-01-01', dateTo = '9999-12-31' }: { dateFrom: string | undefined; dateTo: string | undefined },
): Promise<void> {
  const found = await books.entries(tenant.owner, account, { dateFrom, dateTo }, 3);
  const running = balancesOf(addUp(own.filter(({ date }) => date < dateFrom))[account]);
  expect(fromMessage(found.opening)).toEqual(running);
  const expected = own
    .filter(({ date }) => date >= dateFrom && date <= dateTo)
    .map(({ entry, line, currency, amount }) => {
      running[currency] = (running[currency] ?? 0n) + BigInt(amount);
      return [entry, line, BigInt(amount), running[currency].toString()];
    });
  expect(found.entries.map((entry) => [entry.entryId, entry.line, entry.amountMinor, entry.balanceMinor])).toEqual(
    expected,
  );
  expect(fromMessage(found.closing)).toEqual(running);
}

/** The balances of any earlier instant, whether it lies within the segments or between two of them. */
async function holdsAt(
  tenant: TestTenant,
  postings: readonly PlainPosting[],
  knownAsOf: string | undefined,
): Promise<void> {
  for (const asOf of [undefined, '2025-01-31', '2025-02-01']) {
    const asked = { asOf, ...(knownAsOf === undefined ? {} : { knownAsOf }) };
    expect(toTotals((await books.balances(tenant.owner, asked)).accounts)).toEqual(addUp(postings, asked));
  }
}

/** All answers about an instant. */
async function everythingAbout(tenant: TestTenant, knownAsOf: string) {
  const found = await books.trialBalance(tenant.owner, { knownAsOf });
  const accounts = found.accounts.map(({ account }) => account!.id);
  return [
    found,
    await books.trialBalance(tenant.owner, { knownAsOf, asOf: '2025-01-31' }),
    await books.balances(tenant.owner, { knownAsOf }),
    await books.balances(tenant.owner, { knownAsOf, asOf: '2025-02-01' }),
    ...(await Promise.all(accounts.map((account) => books.entries(tenant.owner, account, { knownAsOf })))),
  ];
}

const balancesOf = (totals: Totals[string] = {}): Record<string, bigint> =>
  Object.fromEntries(Object.entries(totals).map(([currency, [debits, credits]]) => [currency, debits - credits]));

const fromMessage = (balances: readonly { currency: string; balanceMinor: string }[]): Record<string, bigint> =>
  Object.fromEntries(balances.map(({ currency, balanceMinor }) => [currency, BigInt(balanceMinor)]));
