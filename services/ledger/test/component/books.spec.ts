import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@outlay/platform';
import pg from 'pg';
import { ledgerAccounts } from '../../src/domain/ledger-account.ts';
import { addUp, booksOf, toTotals } from './driver/books.ts';
import { referencesOf } from './driver/references.ts';
import { anExpense, startLedger, type TestLedger, type TestTenant } from './driver/start-ledger.ts';

let ledger: TestLedger;
let books: ReturnType<typeof booksOf>;
beforeAll(async () => {
  ledger = await startLedger();
  books = booksOf(ledger);
});
afterAll(() => ledger.stop());

const { uncategorised, unassigned, exchange, opening } = ledgerAccounts;

describe('balances', () => {
  it('show each account of the chart, what was posted to it, and nothing of another tenant', async () => {
    const [tenant, other] = [await ledger.tenant(), await ledger.tenant()];
    const { category } = await ledger.client.createCategory(tenant.owner, { name: 'Software' });
    await record(tenant, { categoryId: category!.id });
    await record(tenant, { amount: { currency: 'EUR', amountMinor: -50n } });
    await record(other);

    const { accounts } = await books.balances(tenant.analyst);

    expect(accounts).toEqual([
      { account: { id: uncategorised, class: 'expense', name: 'Uncategorised' }, balances: [eur(0, 50)] },
      { account: { id: unassigned, class: 'asset', name: 'Unassigned' }, balances: [eur(50, 12_550)] },
      { account: { id: exchange, class: 'equity', name: 'Currency exchange' }, balances: [] },
      { account: { id: opening, class: 'equity', name: 'Opening balances' }, balances: [] },
      { account: { id: category!.id, class: 'expense', name: 'Software' }, balances: [eur(12_550, 0)] },
    ]);
  });

  it('keep currencies apart, and can be asked for one', async () => {
    const tenant = await ledger.tenant();
    const { account } = await ledger.client.createAccount(tenant.owner, {
      name: 'Dollars',
      kind: 'bank',
      currency: 'USD',
      openingBalance: undefined,
    });
    await record(tenant, {
      ...{ amount: { currency: 'USD', amountMinor: 200n }, exchangeRate: '0.5', accountId: account!.id },
    });

    const dollars = await books.balances(tenant.owner, { currency: 'USD' });

    expect(toTotals((await books.balances(tenant.owner)).accounts)).toEqual({
      [uncategorised]: { EUR: [100n, 0n] },
      [exchange]: { EUR: [0n, 100n], USD: [200n, 0n] },
      [account!.id]: { USD: [0n, 200n] },
    });
    expect(dollars.accounts.map(({ account: of }) => of!.id)).toEqual([exchange, account!.id]);
    expect((await books.balances(tenant.owner, { currency: 'GBP' })).accounts).toEqual([]);
  });

  it('tell assets from what is owed, as it was at the instant that is asked for', async () => {
    const tenant = await ledger.tenant();
    const accounts = referencesOf(ledger).account;
    const { id: changing } = await accounts.create(tenant.owner, 'bank', { kind: 'bank' });
    for (const kind of ['cash', 'card', 'loan', 'investment', 'other']) {
      await accounts.create(tenant.owner, kind, { kind });
    }
    const classesAt = async (instant?: string) =>
      (await books.balances(tenant.owner, instant === undefined ? {} : { knownAsOf: instant })).accounts
        .filter(({ account }) => !Object.values<string>(ledgerAccounts).includes(account!.id))
        .map(({ account }) => `${account!.name}: ${account!.class}`);
    const first = await books.now();
    const others = ['cash: asset', 'card: liability', 'loan: liability', 'investment: asset', 'other: asset'];
    expect(await classesAt()).toEqual(['bank: asset', ...others]);

    await accounts.change(tenant.owner, changing, { kind: 'loan' });
    const second = await books.now();
    await accounts.change(tenant.owner, changing, { kind: 'card' });
    await accounts.remove(tenant.owner, changing);

    expect(await classesAt(first)).toEqual(['bank: asset', ...others]);
    expect(await classesAt(second)).toEqual(['bank: liability', ...others]);
    expect(await classesAt()).toEqual(others);
  });

  it('count until the end of the day that is asked for', async () => {
    const tenant = await ledger.tenant();
    for (const expenseDate of ['2025-01-31', '2025-02-01', '2025-02-02']) await record(tenant, { expenseDate });

    const asOf = async (day: string) => toTotals((await books.balances(tenant.owner, { asOf: day })).accounts);

    expect(await asOf('2025-01-30')).toEqual({});
    expect((await asOf('2025-01-31'))[uncategorised]).toEqual({ EUR: [12_550n, 0n] });
    expect((await asOf('2025-02-01'))[uncategorised]).toEqual({ EUR: [25_100n, 0n] });
  });

  it('tell what was known at an instant, whatever was booked, edited or named since', async () => {
    const tenant = await ledger.tenant();
    const expense = await record(tenant);
    const knownAsOf = await books.now();
    const before = await books.balances(tenant.owner, { knownAsOf });
    await ledger.client.reverseExpense(tenant.owner, { expenseId: expense.id });
    await record(tenant, { expenseDate: '2024-12-31' });
    await ledger.client.createCategory(tenant.owner, { name: 'Later' });

    const after = await books.balances(tenant.owner, { knownAsOf });

    expect(after).toEqual(before);
    expect(toTotals(before.accounts)).toEqual({
      [uncategorised]: { EUR: [12_550n, 0n] },
      [unassigned]: { EUR: [0n, 12_550n] },
    });
    expect(toTotals((await books.balances(tenant.owner)).accounts)[uncategorised]).toEqual({ EUR: [25_100n, 12_550n] });
  });

  it('wait with what was known at an instant until all that was begun by then has ended', async () => {
    const tenant = await ledger.tenant();
    const writer = await openWriter(tenant);
    await writer.query(bookedByHand(tenant.tenantId));
    const knownAsOf = await books.now();

    const asked = books.balances(tenant.owner, { knownAsOf });
    await record(tenant);
    await writer.query('commit');
    await writer.end();

    expect(toTotals((await asked).accounts)[uncategorised]).toEqual({ EUR: [100n, 0n] });
  });

  it('refuse to tell while that takes too long, and never what is to come', async () => {
    const tenant = await ledger.tenant();
    const writer = await openWriter(tenant);
    const knownAsOf = await books.now();

    const asked = books.balances(tenant.owner, { knownAsOf });
    await expect(asked).rejects.toMatchObject({ kind: 'unavailable', code: 'books_not_settled' });
    await writer.query('rollback');
    await writer.end();

    await expect(books.balances(tenant.owner, { knownAsOf: '2190-01-01T00:00:00Z' })).rejects.toMatchObject({
      details: [{ field: 'known_as_of', code: 'out_of_range' }],
    });
  });

  it('are listed in pages that belong together, whatever is booked between them', async () => {
    const tenant = await ledger.tenant();
    for (const name of ['One', 'Two', 'Three']) await ledger.client.createCategory(tenant.owner, { name });
    await record(tenant);
    const request = { asOf: '', knownAsOf: '', currency: '' };
    const first = await ledger.client.listBalances(tenant.owner, { ...request, page: { limit: 1, cursor: '' } });
    await record(tenant);
    await ledger.client.createCategory(tenant.owner, { name: 'Four' });

    const rest = await ledger.client.listBalances(tenant.owner, {
      ...{ ...request, page: { limit: 200, cursor: first.page!.nextCursor } },
    });

    expect(first.accounts.map(({ account }) => account!.name)).toEqual(['Uncategorised']);
    expect(rest.accounts.map(({ account }) => account!.name)).toEqual([
      ...['Unassigned', 'Currency exchange', 'Opening balances', 'One', 'Two', 'Three'],
    ]);
    expect(rest.accounts[0]!.balances).toEqual([eur(0, 12_550)]);
    expect(rest.knownAsOf).toBe(first.knownAsOf);
  });
});

describe('the trial balance', () => {
  it('adds up to nothing in each currency', async () => {
    const tenant = await ledger.tenant();
    const { account } = await ledger.client.createAccount(tenant.owner, {
      name: 'Dollars',
      kind: 'bank',
      currency: 'USD',
      openingBalance: undefined,
    });
    await record(tenant, { expenseDate: '2025-03-01' });
    await record(tenant, {
      ...{ amount: { currency: 'USD', amountMinor: 201n }, exchangeRate: '0.5', accountId: account!.id },
    });

    const found = await books.trialBalance(tenant.analyst);

    expect(found).toMatchObject({
      isBalanced: true,
      totals: [
        { currency: 'EUR', debitsMinor: '12650', creditsMinor: '12650', balanceMinor: '0' },
        { currency: 'USD', debitsMinor: '201', creditsMinor: '201', balanceMinor: '0' },
      ],
    });
    expect(toTotals(found.accounts)).toEqual(addUp(await books.postings(tenant.tenantId)));
    const earlier = await books.trialBalance(tenant.owner, { asOf: '2025-02-28' });
    expect(earlier.totals).toMatchObject([{ debitsMinor: '100' }, { debitsMinor: '201' }]);
    expect(await books.trialBalance(tenant.owner, { asOf: '2025-01-14' })).toMatchObject({
      ...{ isBalanced: true, totals: [], accounts: [] },
    });
  });

  it('shows books that somebody has put out of balance behind the back of the ledger', async () => {
    const tenant = await ledger.tenant();
    await record(tenant);
    const admin = new pg.Client({ connectionString: ledger.database.adminUrl });
    await admin.connect();
    await admin.query("set session_replication_role = 'replica'");
    await admin.query('update ledger.postings set amount_minor = 1 where tenant_id = $1 and line = 1', [
      tenant.tenantId,
    ]);
    await admin.end();

    const found = await books.trialBalance(tenant.owner);

    expect(found).toMatchObject({ isBalanced: false, totals: [{ currency: 'EUR', balanceMinor: '-12549' }] });
  });
});

describe('the entries of an account', () => {
  it('run from the opening balance to the closing one, page by page', async () => {
    const tenant = await ledger.tenant();
    for (const [expenseDate, amountMinor] of [
      ...[['2025-01-31', 1n] as const, ['2025-02-02', 20n] as const, ['2025-02-01', 300n] as const],
      ...[['2025-02-02', -4_000n] as const, ['2025-03-01', 50_000n] as const],
    ]) {
      await record(tenant, { expenseDate, amount: { currency: 'EUR', amountMinor }, title: `Of ${expenseDate}` });
    }
    const february = { dateFrom: '2025-02-01', dateTo: '2025-02-28' };

    const found = await books.entries(tenant.analyst, uncategorised, february, 1);

    expect(found.account).toEqual({ id: uncategorised, class: 'expense', name: 'Uncategorised' });
    expect([found.opening, found.closing]).toEqual([
      [{ currency: 'EUR', balanceMinor: '1' }],
      [{ currency: 'EUR', balanceMinor: '-3679' }],
    ]);
    expect(found.entries.map((entry) => [entry.effectiveDate, entry.amountMinor, entry.balanceMinor])).toEqual([
      ['2025-02-01', 300n, '301'],
      ['2025-02-02', 20n, '321'],
      ['2025-02-02', -4_000n, '-3679'],
    ]);
    expect(found.entries[0]).toMatchObject({ kind: 'expense', description: 'Of 2025-02-01', line: 1 });
    expect(await books.entries(tenant.analyst, unassigned, february, 2)).toMatchObject({
      entries: [{ line: 2, balanceMinor: '-301' }, {}, {}],
    });
  });

  it('go on from page to page, whatever was just being booked when the first was read', async () => {
    const tenant = await ledger.tenant();
    for (const expenseDate of ['2025-01-14', '2025-01-16']) await record(tenant, { expenseDate });
    const writer = await openWriter(tenant);
    await writer.query(bookedByHand(tenant.tenantId));
    const list = (cursor: string) =>
      ledger.client.listAccountEntries(tenant.owner, {
        ...{ ledgerAccountId: uncategorised, dateFrom: '', dateTo: '', knownAsOf: '', page: { limit: 1, cursor } },
      });

    const asked = list('');
    await books.trialBalance(tenant.owner);
    await writer.query('commit');
    await writer.end();
    const pages = [await asked];
    for (let cursor = pages[0]!.page!.nextCursor; cursor !== ''; cursor = pages.at(-1)!.page!.nextCursor) {
      pages.push(await list(cursor));
    }

    const entries = pages.flatMap((page) => page.entries);
    expect(entries.map(({ balanceMinor }) => balanceMinor)).toEqual(['12550', '12650', '25200']);
    expect(pages.map(({ closing }) => closing[0]!.balanceMinor)).toEqual(['25200', '25200', '25200']);
    expect(new Set(pages.map(({ knownAsOf }) => knownAsOf)).size).toBe(1);
  });

  it('say what an expense was called when each was booked', async () => {
    const tenant = await ledger.tenant();
    const expense = await record(tenant, { title: 'One seat' });
    const input = anExpense({ title: 'Two seats' });
    await ledger.client.editExpense(tenant.owner, { expenseId: expense.id, input, updateMask: ['title'] });
    await ledger.client.reverseExpense(tenant.owner, { expenseId: expense.id });

    const { entries } = await books.entries(tenant.owner, uncategorised);

    const told = entries.map(({ kind, description, expenseId }) => [kind, description, expenseId]);
    expect(told.slice(0, 1)).toEqual([['expense', 'One seat', expense.id]]);
    expect(new Set(told.slice(1, 3))).toEqual(
      new Set([
        ['reversal', 'One seat', expense.id],
        ['expense', 'Two seats', expense.id],
      ]),
    );
    expect(told.slice(3)).toEqual([['reversal', 'Two seats', expense.id]]);
    expect(entries.at(-1)!.balanceMinor).toBe('0');
  });

  it('are of this tenant alone, and of an account that was there at that instant', async () => {
    const [tenant, other] = [await ledger.tenant(), await ledger.tenant()];
    const knownAsOf = await books.now();
    const { category } = await ledger.client.createCategory(tenant.owner, { name: 'Software' });
    await record(tenant, { categoryId: category!.id });
    const missing = { kind: 'not_found', code: 'ledger_account_not_found' };

    await expect(books.entries(other.owner, category!.id)).rejects.toMatchObject(missing);
    await expect(books.entries(tenant.owner, newId())).rejects.toMatchObject(missing);
    await expect(books.entries(tenant.owner, category!.id, { knownAsOf })).rejects.toMatchObject(missing);
    expect((await books.entries(tenant.owner, category!.id)).entries).toHaveLength(1);
    expect((await books.entries(other.owner, uncategorised)).entries).toEqual([]);
  });
});

describe('reading the books', () => {
  let owner: TestTenant['owner'];

  it('is for those who oversee the tenant', async () => {
    const tenant = await ledger.tenant();
    const forbidden = { kind: 'forbidden' };

    await expect(books.balances(tenant.member)).rejects.toMatchObject(forbidden);
    await expect(books.trialBalance(tenant.member)).rejects.toMatchObject(forbidden);
    await expect(books.entries(tenant.member, uncategorised)).rejects.toMatchObject(forbidden);
    for (const context of [tenant.owner, tenant.admin, tenant.analyst]) {
      expect(await books.trialBalance(context)).toMatchObject({ isBalanced: true, totals: [] });
    }
  });

  it.each([
    ['as_of', () => books.balances(owner, { asOf: '2025-02-30' })],
    ['as_of', () => books.trialBalance(owner, { asOf: '0000-01-01' })],
    ['known_as_of', () => books.balances(owner, { knownAsOf: '2025-02-30T00:00:00Z' })],
    ['known_as_of', () => books.balances(owner, { knownAsOf: '2025-02-01T00:00:00.1234567Z' })],
    ['known_as_of', () => books.balances(owner, { knownAsOf: '2025-02-01T00:00:00+23:00' })],
    ['currency', () => books.balances(owner, { currency: 'XYZ' })],
    ['date_to', () => books.entries(owner, uncategorised, { dateFrom: '2025-02-02', dateTo: '2025-02-01' })],
    ['id', () => books.entries(owner, 'mine')],
    ['cursor', () => ledger.client.listBalances(owner, { ...nothing, page: { limit: 1, cursor: 'e30' } })],
  ])('refuses a wrong %s', async (field, ask) => {
    ({ owner } = await ledger.tenant());

    await expect(ask()).rejects.toMatchObject({ kind: 'invalid', details: [{ field }] });
  });
});

const nothing = { asOf: '', knownAsOf: '', currency: '' };

const eur = (debits: number, credits: number) => ({
  currency: 'EUR',
  ...{ debitsMinor: String(debits), creditsMinor: String(credits), balanceMinor: String(debits - credits) },
});

async function record(tenant: TestTenant, different: Parameters<typeof anExpense>[0] = {}) {
  const { expense } = await ledger.client.recordExpense(tenant.owner, { input: anExpense(different) });
  return expense!;
}

/** A transaction of the service's role, left open. */
async function openWriter(tenant: TestTenant): Promise<pg.Client> {
  const writer = new pg.Client({ connectionString: ledger.database.urlFor('ledger') });
  await writer.connect();
  await writer.query('begin');
  await writer.query("select set_config('app.tenant_id', $1, true)", [tenant.tenantId]);
  return writer;
}

const bookedByHand = (tenantId: string, entryId = newId()): string => `
  with entry as (
    insert into ledger.journal_entries
      (tenant_id, id, effective_date, kind, expense_id, currency, amount_minor, rate, rate_source, rate_date)
    values ('${tenantId}', '${entryId}', '2025-01-15', 'expense', '${newId()}', 'EUR', 100, 1, 'identity', '2025-01-15')
  )
  insert into ledger.postings (tenant_id, entry_id, line, ledger_account_id, currency, amount_minor)
  values ('${tenantId}', '${entryId}', 1, '${uncategorised}', 'EUR', 100),
    ('${tenantId}', '${entryId}', 2, '${unassigned}', 'EUR', -100)`;
