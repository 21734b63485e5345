import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ledger as contract } from '@outlay/contracts';
import { migrateSchema } from '@outlay/platform';
import { connectAsService } from '@outlay/testkit';
import { ledgerAccounts } from '../../src/domain/ledger-account.ts';
import { openingStatement } from '../../src/store/journal.ts';
import { booksOf, toTotals } from './driver/books.ts';
import { verifyOffline } from './driver/offline.ts';
import { rowsReadBy } from './driver/plans.ts';
import { sealed } from './driver/seals.ts';
import { anExpense, startLedger, type TestLedger, type TestTenant, withKey } from './driver/start-ledger.ts';

let ledger: TestLedger;
let books: ReturnType<typeof booksOf>;
beforeAll(async () => {
  ledger = await startLedger();
  books = booksOf(ledger);
});
afterAll(() => ledger.stop());

const { opening, uncategorised } = ledgerAccounts;

const held = (amountMinor: bigint, date = '2025-01-01', currency = 'EUR'): contract.OpeningBalance => ({
  ...{ amount: { currency, amountMinor }, date },
});

async function open(
  tenant: TestTenant,
  openingBalance: contract.OpeningBalance | undefined,
  currency = 'EUR',
): Promise<contract.Account> {
  const wanted = { name: `Bank ${currency}`, kind: 'bank', currency, openingBalance };
  return (await ledger.client.createAccount(tenant.owner, wanted)).account!;
}

async function reopen(
  tenant: TestTenant,
  accountId: string,
  openingBalance: contract.OpeningBalance | undefined,
): Promise<contract.Account> {
  const input = { name: '', kind: '', currency: '', description: '', openingBalance };
  const request = { accountId, input, updateMask: ['opening_balance'] };
  return (await ledger.client.updateAccount(tenant.owner, request)).account!;
}

const totals = async (tenant: TestTenant, asOf = '') =>
  toTotals((await books.balances(tenant.owner, { asOf })).accounts);

describe('an account', () => {
  it('begins with what it held, from that day on, and expenses count from there', async () => {
    const [tenant, other] = [await ledger.tenant(), await ledger.tenant()];

    const account = await open(tenant, held(100_000n, '2025-01-10'));
    const input = anExpense({ accountId: account.id, expenseDate: '2025-01-15' });
    const { expense } = await ledger.client.recordExpense(tenant.owner, { input });

    expect(account.openingBalance).toEqual(held(100_000n, '2025-01-10'));
    expect(await totals(tenant, '2025-01-09')).toEqual({});
    expect(await totals(tenant)).toEqual({
      [account.id]: { EUR: [100_000n, 12_550n] },
      [opening]: { EUR: [0n, 100_000n] },
      [uncategorised]: { EUR: [12_550n, 0n] },
    });
    expect((await books.trialBalance(tenant.owner)).isBalanced).toBe(true);
    const { entries } = await books.entries(tenant.owner, account.id);
    expect(entries).toMatchObject([
      { kind: 'opening', expenseId: '', description: 'Opening balance', amountMinor: 100_000n },
      { kind: 'expense', expenseId: expense!.id, balanceMinor: '87450' },
    ]);
    expect(await totals(other)).toEqual({});
  });

  it('shows what it held to those who may see balances, and to members that it is there', async () => {
    const tenant = await ledger.tenant();
    const account = await open(tenant, held(100_000n));
    const seenBy = async (context: TestTenant['owner']) => [
      (await ledger.client.getAccount(context, { accountId: account.id })).account,
      ...(await ledger.client.listAccounts(context, { archived: '', text: '', kind: '', page: undefined })).accounts,
    ];

    for (const context of [tenant.owner, tenant.admin, tenant.analyst]) {
      expect(await seenBy(context)).toEqual([account, account]);
    }
    const without = { ...account, openingBalance: undefined };
    expect(await seenBy(tenant.member)).toEqual([without, without]);
  });

  it('may owe, in its own currency, whatever the tenant’s', async () => {
    const tenant = await ledger.tenant({ currency: 'EUR' });

    const account = await open(tenant, held(-50_000n, '2025-01-01', 'JPY'), 'JPY');

    expect(await totals(tenant)).toEqual({
      ...{ [account.id]: { JPY: [0n, 50_000n] }, [opening]: { JPY: [50_000n, 0n] } },
    });
    expect((await books.trialBalance(tenant.owner)).isBalanced).toBe(true);
  });

  it('leaves the tenant’s currency open: nothing of it was booked in that', async () => {
    const tenant = await ledger.tenant({ currency: 'EUR' });
    await open(tenant, held(100n));

    const service = ledger.asService(tenant.tenantId, 'tenancy-billing');
    await ledger.client.setTenantCurrency(service, { tenantId: tenant.tenantId, currency: 'USD', asking: 1n });

    const rows = await ledger.query('select currency from ledger.tenants where tenant_id = $1', [tenant.tenantId]);
    expect(rows).toEqual([{ currency: 'USD' }]);
  });

  it('takes another opening balance by a reversal and a new entry, and none by a reversal alone', async () => {
    const tenant = await ledger.tenant();
    const { id } = await open(tenant, held(100n, '2025-01-01'));

    const changed = await reopen(tenant, id, held(250n, '2025-02-01'));

    expect(changed).toMatchObject({ version: 2n, openingBalance: held(250n, '2025-02-01') });
    expect(await totals(tenant, '2025-01-31')).toEqual({
      [id]: { EUR: [100n, 100n] },
      [opening]: { EUR: [100n, 100n] },
    });
    expect((await books.entries(tenant.owner, id)).closing).toEqual([{ currency: 'EUR', balanceMinor: '250' }]);
    const kinds = (await books.postings(tenant.tenantId)).filter(({ line }) => line === 1).map(({ kind }) => kind);
    expect(kinds.toSorted()).toEqual(['opening', 'opening', 'reversal']);

    expect(await reopen(tenant, id, undefined)).toMatchObject({ version: 3n, openingBalance: undefined });
    const { entries, closing } = await books.entries(tenant.owner, id);
    expect(entries.map(({ description }) => description)).toEqual(Array(4).fill('Opening balance'));
    expect(closing).toEqual([{ currency: 'EUR', balanceMinor: '0' }]);
    const events = await ledger.events(tenant.tenantId);
    expect(events.map(({ type }) => type)).toEqual([
      'outlay.ledger.account.created.v1',
      'outlay.ledger.account.updated.v1',
      'outlay.ledger.account.updated.v1',
    ]);
  });

  it('books nothing again where the opening balance is the same', async () => {
    const tenant = await ledger.tenant();
    const { id } = await open(tenant, held(100n));

    expect(await reopen(tenant, id, held(100n))).toMatchObject({ version: 1n });

    expect(await books.postings(tenant.tenantId)).toHaveLength(2);
  });

  it('is opened once by many who change it at once', async () => {
    const tenant = await ledger.tenant();
    const { id } = await open(tenant, undefined);

    await Promise.all([100n, 200n, 300n, 400n].map((minor) => reopen(tenant, id, held(minor))));

    const { account } = await ledger.client.getAccount(tenant.owner, { accountId: id });
    const { closing } = await books.entries(tenant.owner, id);
    expect(closing).toEqual([
      { currency: 'EUR', balanceMinor: account!.openingBalance!.amount!.amountMinor.toString() },
    ]);
    expect(account!.version).toBe(5n);
  });

  it('is made once with its opening balance under an idempotency key', async () => {
    const tenant = await ledger.tenant();
    const context = withKey(tenant.owner, 'open-1');
    const wanted = { name: 'Bank', kind: 'bank', currency: '', openingBalance: held(100n) };

    const first = await ledger.client.createAccount(context, wanted);
    const second = await ledger.client.createAccount(context, wanted);

    expect(second).toMatchObject({ account: first.account, replayed: true });
    expect(await books.postings(tenant.tenantId)).toHaveLength(2);
  });

  it('that something was booked on is archived when it is deleted, though nobody spent from it', async () => {
    const tenant = await ledger.tenant();
    const { id } = await open(tenant, held(100n));
    await reopen(tenant, id, undefined);

    expect(await ledger.client.deleteAccount(tenant.owner, { accountId: id })).toMatchObject({ archived: true });
    expect((await books.trialBalance(tenant.owner)).accounts.map(({ account }) => account!.id)).toContain(id);
  });

  it('books nothing where it is refused', async () => {
    const tenant = await ledger.tenant();
    const { id } = await open(tenant, undefined);

    const foreign = open(tenant, held(100n, '2025-01-01', 'USD'), 'GBP');
    await expect(foreign).rejects.toMatchObject({ details: [{ field: 'opening_balance', code: 'currency_mismatch' }] });
    await expect(reopen(tenant, id, held(100n, '2025-01-01', 'USD'))).rejects.toMatchObject({ kind: 'invalid' });
    await expect(open(tenant, held(1n))).rejects.toMatchObject({ code: 'name_taken' });
    await expect(reopen(tenant, id, held(1n, '1969-12-31'))).rejects.toMatchObject({
      details: [{ field: 'opening_balance.date' }],
    });
    await expect(reopen(tenant, id, held(10n ** 15n + 1n))).rejects.toMatchObject({
      details: [{ field: 'opening_balance.amount', code: 'too_big' }],
    });
    const input = { name: '', kind: '', currency: 'USD', description: '', openingBalance: undefined };
    const moved = ledger.client.updateAccount(tenant.owner, { accountId: id, input, updateMask: ['currency'] });
    await expect(moved).rejects.toMatchObject({ details: [{ field: 'currency', code: 'immutable' }] });

    expect(await books.postings(tenant.tenantId)).toEqual([]);
  });
});

it('whether an opening balance of an account is in force is a lookup, however many others have one', async () => {
  const tenant = await ledger.tenant();
  const named = (name: string, openingBalance?: contract.OpeningBalance) =>
    ledger.client.createAccount(tenant.owner, { name, kind: 'bank', currency: 'EUR', openingBalance });
  const { account: opened } = await named('Opened', held(1n));
  const { account: closed } = await named('Closed', held(2n));
  const { account: never } = await named('Never opened');
  for (let place = 0; place < 200; place++) await named(`Other ${place}`, held(100n));
  await reopen(tenant, opened!.id, held(3n));
  await reopen(tenant, closed!.id, undefined);
  await ledger.query('analyze ledger.journal_entries, ledger.postings, ledger.account_openings');

  const answers = await Promise.all([opened, closed, never].map((account) => inForce(tenant, account!.id)));

  expect(answers.map(({ isOpen }) => isOpen)).toEqual([true, false, false]);
  for (const { rowsRead } of answers) expect(rowsRead).toBeLessThan(20);
});

it('whether an opening balance is in force is known of those too that were booked before there were notes of them', async () => {
  const tenant = await ledger.tenant();
  const { id } = await open(tenant, held(100n));
  const directories = [fileURLToPath(new URL('../../migrations', import.meta.url))];
  const migrate = (direction: 'up' | 'down', most?: number) =>
    migrateSchema(ledger.database.adminUrl, { schema: 'ledger', directories, direction, most });

  for (let name: string | undefined; !name?.startsWith('ledger/0176'); ) [name] = await migrate('down', 1);
  await migrate('up');

  expect(await inForce(tenant, id)).toMatchObject({ isOpen: true });
});

/** As the service sees it, and how many rows it looks at for that. */
async function inForce({ tenantId }: TestTenant, accountId: string): Promise<{ isOpen: boolean; rowsRead: number }> {
  const role = await connectAsService(ledger.database, 'ledger');
  const ask = (prefix = '') => role.as(tenantId, `${prefix}${openingStatement.text}`, [tenantId, accountId]);
  const [found, explained] = [await ask(), await ask('explain (analyze, format json) ')];
  await role.end();
  return { isOpen: found.rows[0].is_open, rowsRead: rowsReadBy(explained.rows[0]['QUERY PLAN'][0].Plan) };
}

it('an opening balance is sealed, and its loss or change is found here and elsewhere', async () => {
  const tenant = await ledger.tenant();
  const { id } = await open(tenant, held(100n));
  await reopen(tenant, id, held(200n));
  expect(await sealed(ledger, tenant)).toMatchObject({ faults: [], entries: 3n, sealed: 3n });
  expect(await verifyOffline(ledger, tenant)).toEqual({ status: 'valid', faults: [] });

  await ledger.query(
    `update ledger.journal_entries set amount_minor = 1000
     where tenant_id = $1 and kind = 'opening' and amount_minor = 200`,
    [tenant.tenantId],
  );

  // The account is named too: it shows what the entry said.
  expect(await sealed(ledger, tenant)).toMatchObject({
    faults: [{ kind: 'changed' }, { kind: 'opening_changed', accountId: id }],
  });
  expect(await verifyOffline(ledger, tenant)).toMatchObject({ status: 'broken', faults: [{ kind: 'changed' }] });
});
