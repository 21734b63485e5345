import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { booksOf } from './driver/books.ts';
import { ratesOf } from './driver/rates.ts';
import { noHeads } from './driver/seals.ts';
import { anExpense, startLedger, type TestLedger, type TestTenant } from './driver/start-ledger.ts';
import { type ImportDriver, startImports } from './import-driver.ts';

let ledger: TestLedger;
let imports: ImportDriver;
let rates: ReturnType<typeof ratesOf>;
let books: ReturnType<typeof booksOf>;
beforeAll(async () => {
  [ledger, imports] = await Promise.all([startLedger(), startImports()]);
  rates = ratesOf(ledger);
  books = booksOf(ledger);
});
afterAll(() => Promise.all([ledger.stop(), imports.stop()]));

const yen = (amountMinor: bigint) => ({ currency: 'JPY', amountMinor });
const nothing = { currency: 'EUR', amountMinor: 0n };

async function expectSound(tenant: TestTenant): Promise<void> {
  expect((await books.trialBalance(tenant.owner)).isBalanced).toBe(true);
  expect((await ledger.client.verifyJournal(tenant.owner, { ...noHeads, cursor: '' })).faults).toEqual([]);
}

// docs/adr/0019: refused, what is in the books would depend on which rate came first.
describe('an amount abroad of which the rate leaves nothing', () => {
  it('is booked as nothing, with what was paid, alone and among others', async () => {
    const tenant = await ledger.tenant();
    const input = anExpense({ amount: yen(1n), exchangeRate: '0.005' });

    const { expense } = await ledger.client.recordExpense(tenant.owner, { input });
    const { rows } = await ledger.client.recordExpenses(tenant.owner, { inputs: [input], perRow: false });

    for (const one of [expense, rows[0]!.expense]) {
      expect(one).toMatchObject({ amount: yen(1n), booked: nothing, rate: { rate: '0.005' } });
    }
    await expectSound(tenant);
  });

  it('may come of an edit, and is something again by another', async () => {
    const tenant = await ledger.tenant();
    const { expense } = await ledger.client.recordExpense(tenant.owner, {
      input: anExpense({ amount: yen(1_000n), exchangeRate: '0.004' }),
    });
    const edit = async (amountMinor: bigint) => {
      const request = { input: anExpense({ amount: yen(amountMinor) }), updateMask: ['amount'] };
      return (await ledger.client.editExpense(tenant.owner, { expenseId: expense!.id, ...request })).expense;
    };

    expect(await edit(-1n)).toMatchObject({ amount: yen(-1n), booked: nothing });
    expect(await edit(500n)).toMatchObject({ booked: { amountMinor: 200n } });
    await expectSound(tenant);
  });

  it('is booked by a corrected rate as if that had come first, whichever did', async () => {
    const [tenant, afterwards] = [await ledger.tenant(), await ledger.tenant()];
    const day = '2006-01-02';
    const { id: rateId } = await rates.set(tenant, 'JPY', 'EUR', '0.006', day);
    const { id, booked } = await rates.book(tenant, 1n, 'JPY', day);
    expect(booked).toEqual({ currency: 'EUR', amountMinor: 1n });

    await rates.correct(tenant, rateId, '0.004');
    await rates.settled(tenant);
    await rates.set(afterwards, 'JPY', 'EUR', '0.004', day);
    const other = await rates.book(afterwards, 1n, 'JPY', day);

    for (const one of [await rates.expense(tenant, id), other]) expect(one).toMatchObject({ booked: nothing });
    expect((await rates.restatements(tenant))[0]).toMatchObject({ restated: 1, leftOut: 0 });
    await rates.correct(tenant, rateId, '0.006');
    await rates.settled(tenant);
    expect(await rates.expense(tenant, id)).toMatchObject({ booked });
    await expectSound(tenant);
  });

  it('is booked of a file as of anybody else', async () => {
    const context = await imports.tenant('EUR');
    await imports.admin.query(
      `insert into ledger.exchange_rates
         (tenant_id, id, revision, base_currency, quote_currency, rate_date, rate, actor_kind, actor_id)
       values ($1, gen_random_uuid(), 1, 'JPY', 'EUR', '2025-01-15', 0.004, 'user', 'tests')`,
      [context.tenantId],
    );
    const rows = ['Date,Merchant,Amount,Currency', '2025-01-15,Tea,1,JPY', '2025-01-15,Book,1000,JPY', ''];

    expect(await imports.take(context, rows.join('\n'))).toMatchObject({ imported: 2, refused: 0 });

    expect(await imports.spent(context)).toEqual({ Book: 400, Tea: 0 });
  });
});
