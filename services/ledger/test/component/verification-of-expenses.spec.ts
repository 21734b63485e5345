import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { sealed, verify } from './driver/seals.ts';
import { anExpense, startLedger, type TestLedger, type TestTenant } from './driver/start-ledger.ts';
import { type ExpenseDeed, expenseDeeds } from './driver/tamper-expenses.ts';

let ledger: TestLedger;
let superuser: pg.Client;
beforeAll(async () => {
  ledger = await startLedger();
  superuser = new pg.Client({ connectionString: ledger.database.adminUrl });
  await superuser.connect();
});
afterAll(async () => {
  await superuser.end();
  await ledger.stop();
});

/** A tenant with an expense that was left as it was booked, one that was edited, one that was reversed, and one abroad. */
async function tenantWithExpenses() {
  const tenant = await ledger.tenant();
  const { category } = await ledger.client.createCategory(tenant.owner, { name: 'Travel' });
  const { account } = await ledger.client.createAccount(tenant.owner, {
    ...{ name: 'Card', kind: 'card', currency: 'USD', openingBalance: undefined },
  });
  const places = { categoryId: category!.id, accountId: account!.id };
  const [posted, edited, reversed] = [await record(tenant, places), await record(tenant), await record(tenant, places)];
  await ledger.client.editExpense(tenant.owner, {
    ...{ expenseId: edited, updateMask: ['amount'] },
    input: anExpense({ amount: { currency: 'EUR', amountMinor: 5n } }),
  });
  await ledger.client.reverseExpense(tenant.owner, { expenseId: reversed });
  // Paid from an account in the very currency: two postings more.
  const otherId = await record(tenant, {
    ...places,
    amount: { currency: 'USD', amountMinor: 900n },
    exchangeRate: '0.9',
  });
  await sealed(ledger, tenant);
  return { tenant, otherId, expenses: { posted, edited, reversed } };
}

async function record(tenant: TestTenant, input: Parameters<typeof anExpense>[0] = {}): Promise<string> {
  const { expense } = await ledger.client.recordExpense(tenant.owner, { input: anExpense(input) });
  return expense!.id;
}

async function commit(deed: ExpenseDeed, made: Awaited<ReturnType<typeof tenantWithExpenses>>): Promise<string> {
  const at = { tenantId: made.tenant.tenantId, expenseId: made.expenses[deed.to], otherId: made.otherId };
  await superuser.query('begin; set local session_replication_role = replica');
  await deed.run(superuser, at);
  await superuser.query('commit');
  return at.expenseId;
}

describe('a superuser who changes an expense and not the journal', () => {
  it.each(expenseDeeds.map((deed) => [deed.name, deed] as const))('%s is found out', async (_name, deed) => {
    const made = await tenantWithExpenses();
    expect(await verify(ledger, made.tenant)).toMatchObject({ faults: [], expenses: 4n });

    const expenseId = await commit(deed, made);

    const { faults } = await verify(ledger, made.tenant);
    expect(faults.map(({ kind }) => kind).toSorted()).toEqual(deed.kinds.toSorted());
    for (const fault of faults) expect(fault).toMatchObject({ expenseId, detail: expect.any(String) });
    if (deed.says !== undefined) expect(faults[0]!.detail).toMatch(new RegExp(`: ${deed.says}$`));
  });

  it('is named for each of them, part by part', async () => {
    const tenant = await ledger.tenant();
    for (let made = 0; made < 150; made += 50) {
      const inputs = Array.from({ length: 50 }, () => anExpense());
      await ledger.client.recordExpenses(tenant.owner, { inputs, perRow: false });
    }
    await sealed(ledger, tenant);

    await superuser.query('begin; set local session_replication_role = replica');
    await superuser.query('update ledger.expenses set booked_amount_minor = 1 where tenant_id = $1', [tenant.tenantId]);
    await superuser.query('commit');

    const { faults, expenses } = await verify(ledger, tenant);
    expect(new Set(faults.map(({ expenseId }) => expenseId)).size).toBe(150);
    expect(expenses).toBe(150n);
  });
});
