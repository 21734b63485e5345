import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { importsOf, threeBad } from './driver/imports.ts';
import { ratesOf } from './driver/rates.ts';
import { startLedger, type TestLedger } from './driver/start-ledger.ts';

let books: TestLedger;
let imports: ReturnType<typeof importsOf>;
beforeAll(async () => {
  books = await startLedger();
  imports = importsOf(books);
});
afterAll(() => books.stop());

describe('a file with bad rows', () => {
  it('is imported without them, and each is reported with line, column and reason', async () => {
    const tenant = await books.tenant();

    const done = await imports.take(tenant.owner, threeBad);

    expect(done).toMatchObject({
      ...{ fileName: 'purchases.csv', rowsTotal: 6, rowsDone: 6, imported: 3, duplicates: 0, refused: 3 },
      format: {
        ...{ encoding: 'utf-8', delimiter: ';', dateFormat: 'DD/MM/YYYY', headerLine: 1 },
        columns: { Date: 'expense_date', Merchant: 'vendor', Amount: 'amount', Card: 'account' },
      },
    });
    expect(await imports.rowsOf(tenant.owner, done.id, 'refused')).toEqual([
      expect.objectContaining({ line: 3, column: 'Date', code: 'date_invalid', fate: 'refused', expenseId: '' }),
      expect.objectContaining({ line: 6, column: 'Amount', code: 'amount_invalid' }),
      expect.objectContaining({ line: 8, column: 'Currency', code: 'currency_unknown' }),
    ]);
    const [bad] = await imports.rowsOf(tenant.owner, done.id, 'refused');
    expect(bad!.reason).toBe('"32/02/2024" is not a date in the form DD/MM/YYYY');
    expect((await imports.rowsOf(tenant.owner, done.id)).map(({ line, fate }) => `${line} ${fate}`)).toEqual([
      ...['2 imported', '3 refused', '4 imported', '6 refused', '7 imported', '8 refused'],
    ]);
  });

  it('is imported without what the books cannot hold in their currency', async () => {
    const tenant = await books.tenant({ currency: 'EUR' });
    await ratesOf(books).set(tenant, 'USD', 'EUR', '2', '2024-02-01');
    const file = 'Date,Merchant,Amount,Currency\n2024-02-01,Shop,9000000000000.00,USD\n2024-02-01,Store,1.00,USD\n';

    const done = await imports.take(tenant.owner, file);

    expect(done).toMatchObject({ imported: 1, refused: 1 });
    expect(await imports.rowsOf(tenant.owner, done.id, 'refused')).toMatchObject([
      { line: 2, column: 'Amount', code: 'amount_too_large', reason: 'the amount is too large in EUR' },
    ]);
  });

  it('makes expenses with all that they refer to, and says so in events', async () => {
    const tenant = await books.tenant();
    const done = await imports.take(tenant.admin, threeBad);

    const [first] = await imports.rowsOf(tenant.admin, done.id, 'imported');
    const { expense } = await books.client.getExpense(tenant.admin, { expenseId: first!.expenseId });

    expect(expense).toMatchObject({
      ...{ title: 'office depot', vendor: 'office depot', expenseDate: '2024-02-01', importId: done.id },
      amount: { currency: 'EUR', amountMinor: 1_250n },
      category: { name: 'Stationery' },
      project: { name: 'Library' },
      account: { name: '**1' },
      userId: tenant.ids.adminId,
    });
    const { accounts } = await books.client.listAccounts(tenant.owner, { page: undefined });
    expect(accounts.map(({ name, kind, currency }) => [name, kind, currency])).toEqual([
      ['**1', 'card', 'EUR'],
      ['**2', 'card', 'EUR'],
    ]);
    const events = await books.events(tenant.tenantId);
    const types = events.map(({ type }) => type.split('.').slice(2, 4).join(' '));
    expect(types.filter((type) => type === 'expense recorded')).toHaveLength(3);
    expect(types.lastIndexOf('expense recorded')).toBeLessThan(types.indexOf('import completed'));
  });

  it('names in its events what the client called the undertaking', async () => {
    const tenant = await books.tenant();

    await imports.take({ ...tenant.owner, correlationId: 'spring-cleaning' }, threeBad);

    const events = await books.events(tenant.tenantId);
    const told = events.filter(({ type }) => /expense\.recorded|import\.completed/.test(type));
    expect(told).toHaveLength(4);
    for (const { correlationid } of told) expect(correlationid).toBe('spring-cleaning');
  });
});
