import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId, nilId } from '@outlay/platform';
import type { Forgery } from './driver/forgery.ts';
import { ratesOf } from './driver/rates.ts';
import { sealed, verify } from './driver/seals.ts';
import { anExpense, type TestLedger, type TestTenant } from './driver/start-ledger.ts';
import { startLedgerAndSuperuser } from './driver/superuser.ts';

let ledger: TestLedger;
let forgery: Forgery;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ ledger, forgery, stop } = await startLedgerAndSuperuser());
});
afterAll(() => stop());

async function record({ owner }: TestTenant): Promise<string> {
  const { expense } = await ledger.client.recordExpense(owner, { input: anExpense({ title: 'Paper' }) });
  return expense!.id;
}

const expenseAt = ({ tenantId }: TestTenant, id: string) => ({ table: 'expenses', tenantId, id });

const faultsOf = async (tenant: TestTenant) => {
  await sealed(ledger, tenant);
  return (await verify(ledger, tenant)).faults;
};

describe('something with the id of nothing, where walks by id begin,', () => {
  it('is found out where it is an expense', async () => {
    const tenant = await ledger.tenant();
    const place = expenseAt(tenant, await record(tenant));
    const [row] = await forgery.read(place);

    await forgery.insert('expenses', [{ ...row, id: nilId, title: 'Gift', booked_amount_minor: 9_999_999 }]);

    expect(await faultsOf(tenant)).toMatchObject([{ kind: 'expense_unbooked', expenseId: nilId }]);
  });

  it('is found out where it is a category or a rate', async () => {
    const tenant = await ledger.tenant();
    const { tenantId } = tenant;
    const { category } = await ledger.client.createCategory(tenant.owner, { name: 'Travel' });
    const { id: rateId } = await ratesOf(ledger).set(tenant, 'USD', 'EUR', '0.90', '2025-01-15');
    const [categoryRow] = await forgery.read({ table: 'categories', tenantId, id: category!.id });
    const [rateRow] = await forgery.read({ table: 'exchange_rates', tenantId, id: rateId });

    await forgery.insert('categories', [{ ...categoryRow, id: nilId, name: 'Elsewhere' }]);
    await forgery.insert('exchange_rates', [{ ...rateRow, id: nilId, rate: 77, rate_date: '2025-02-01' }]);

    expect(await faultsOf(tenant)).toMatchObject([
      { kind: 'reference_unaudited', entity: 'category', entityId: nilId },
      { kind: 'reference_unaudited', entity: 'exchange_rate', entityId: nilId },
    ]);
  });

  it('does not hide that the currency of the books was changed', async () => {
    const tenant = await ledger.tenant();
    const place = expenseAt(tenant, await record(tenant));
    const [row] = await forgery.read(place);
    await forgery.insert('expenses', [{ ...row, id: nilId, entry_id: newId() }]);

    await forgery.run("update ledger.tenants set currency = 'USD' where tenant_id = $1", [tenant.tenantId]);

    const faults = await faultsOf(tenant);
    expect(faults.map(({ kind }) => kind)).toEqual(['expense_unbooked', 'reference_changed']);
  });
});

describe('an expense that was put back to an earlier state', () => {
  it.each([
    ['after an edit', 'edit'],
    ['after it was reversed', 'reverse'],
  ])('%s is found out, though the audit trail knows that state', async (_, way) => {
    const tenant = await ledger.tenant();
    const id = await record(tenant);
    const place = expenseAt(tenant, id);
    const [before] = await forgery.read(place);
    const { owner } = tenant;
    const edit = { expenseId: id, updateMask: ['title'], input: anExpense({ title: 'Pens' }) };
    if (way === 'edit') await ledger.client.editExpense(owner, edit);
    else await ledger.client.reverseExpense(owner, { expenseId: id });
    const [after] = await forgery.read(place);

    const { entry_id, entry_recorded_at, status } = after!;
    await forgery.restore(place, [{ ...before, entry_id, entry_recorded_at, status }]);

    expect(await faultsOf(tenant)).toMatchObject([{ kind: 'expense_changed', expenseId: id }]);
  });
});

describe('a note of an opening balance', () => {
  const opening = { amount: { currency: 'EUR', amountMinor: 700n }, date: '2025-01-01' };
  const open = async ({ owner }: TestTenant) => {
    const { account } = await ledger.client.createAccount(owner, {
      ...{ name: 'Bank', kind: 'bank', currency: 'EUR', openingBalance: opening },
    });
    return account!.id;
  };

  it('that was made up is found out', async () => {
    const tenant = await ledger.tenant();
    const accountId = await open(tenant);

    await forgery.insert('account_openings', [
      { tenant_id: tenant.tenantId, account_id: accountId, entry_id: newId() },
    ]);

    expect(await faultsOf(tenant)).toMatchObject([{ kind: 'opening_unbooked', accountId }]);
  });

  it('that was taken away is found out', async () => {
    const tenant = await ledger.tenant();
    const accountId = await open(tenant);

    await forgery.run('delete from ledger.account_openings where tenant_id = $1', [tenant.tenantId]);

    expect(await faultsOf(tenant)).toMatchObject([{ kind: 'opening_missing', accountId }]);
  });
});
