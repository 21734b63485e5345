import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { anExpense, startLedger, type TestLedger } from './driver/start-ledger.ts';

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await startLedger();
});
afterAll(() => ledger.stop());

describe('recording an expense', () => {
  it('books it in the currency of the tenant, by two postings that sum to zero', async () => {
    const tenant = await ledger.tenant();
    const { category } = await ledger.client.createCategory(tenant.owner, { name: 'Software' });
    const { account } = await ledger.client.createAccount(tenant.owner, { name: 'Card', kind: 'card', currency: '' });

    const { expense, replayed } = await ledger.client.recordExpense(tenant.member, {
      input: anExpense({ categoryId: category!.id, accountId: account!.id }),
    });

    expect(replayed).toBe(false);
    expect(expense).toMatchObject({
      amount: { currency: 'EUR', amountMinor: 12_550n },
      booked: { currency: 'EUR', amountMinor: 12_550n },
      rate: { rate: '1', source: 'identity', date: '2025-01-15' },
      category: { id: category!.id, name: 'Software' },
      account: { id: account!.id, name: 'Card' },
      project: undefined,
      status: 'posted',
      version: 1n,
      userId: tenant.ids.memberId,
    });
    expect(await postingsOf(tenant.tenantId)).toEqual([
      { ledger_account_id: category!.id, currency: 'EUR', amount_minor: '12550' },
      { ledger_account_id: account!.id, currency: 'EUR', amount_minor: '-12550' },
    ]);
    const read = await ledger.client.getExpense(tenant.owner, { expenseId: expense!.id });
    expect(read.expense).toEqual(expense);
  });
});

const postingsOf = (tenantId: string) =>
  ledger.query(
    `select postings.ledger_account_id, postings.currency, postings.amount_minor from ledger.postings
     where postings.tenant_id = $1 order by postings.recorded_at, postings.entry_id, postings.line`,
    [tenantId],
  );
