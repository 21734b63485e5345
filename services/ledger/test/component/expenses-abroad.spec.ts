import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ledger as contract } from '@outlay/contracts';
import { newId } from '@outlay/platform';
import { booksOf } from './driver/books.ts';
import { ratesOf } from './driver/rates.ts';
import { anExpense, startLedger, type TestLedger, type TestTenant, withKey } from './driver/start-ledger.ts';

let ledger: TestLedger;
let rates: ReturnType<typeof ratesOf>;
beforeAll(async () => {
  ledger = await startLedger();
  rates = ratesOf(ledger);
});
afterAll(() => ledger.stop());

describe('an expense abroad without a rate', () => {
  it('is booked at the rate of its day, which stays with it', async () => {
    const tenant = await ledger.tenant();
    await rates.publish({ day: '2020-09-04', rates: { USD: '1.25', JPY: '125', KWD: '0.36' } });

    const [dollars, yen, dinars] = [
      await rates.book(tenant, 10_001n, 'USD', '2020-09-06'),
      await rates.book(tenant, 10_001n, 'JPY', '2020-09-06'),
      await rates.book(tenant, -1_234n, 'KWD', '2020-09-04'),
    ];

    expect(dollars).toMatchObject({
      booked: { currency: 'EUR', amountMinor: 8_001n },
      rate: { rate: '0.8', source: 'platform', date: '2020-09-04' },
    });
    expect(yen.booked).toEqual({ currency: 'EUR', amountMinor: 8_001n });
    // 1.234 dinars at 2.777777777778.
    expect(dinars).toMatchObject({ booked: { amountMinor: -343n }, rate: { rate: '2.777777777778' } });
    const { accounts } = await ledger.client.listBalances(tenant.owner, {
      asOf: '',
      knownAsOf: '',
      currency: '',
      page: undefined,
    });
    expect(accounts.flatMap(({ balances }) => balances).every(({ currency }) => currency === 'EUR')).toBe(true);
  });

  it('is refused where none is in force, with what is missing', async () => {
    const tenant = await ledger.tenant();
    await rates.publish({ day: '2020-10-02', rates: { USD: '1.25' } });

    const refused = rates.book(tenant, 1n, 'USD', '2020-10-10');

    await expect(refused).rejects.toMatchObject({
      kind: 'invalid',
      details: [
        {
          field: 'exchange_rate',
          code: 'required',
          message: 'is needed, as no rate from USD to EUR is known of 2020-10-10 or the 7 days before',
        },
      ],
    });
    expect(await rates.book(tenant, 1n, 'USD', '2020-10-09')).toMatchObject({ rate: { date: '2020-10-02' } });
  });

  it('is refused where the listed one cannot be turned round, and says so', async () => {
    const tenant = await ledger.tenant();
    await ledger.client.createExchangeRate(tenant.owner, {
      ...{ baseCurrency: 'EUR', quoteCurrency: 'USD', rate: '0.000000000001', date: '2020-12-02', provider: '' },
    });

    await expect(rates.book(tenant, 1n, 'USD', '2020-12-02')).rejects.toMatchObject({
      kind: 'invalid',
      details: [
        { field: 'exchange_rate', code: 'required', message: expect.stringContaining('does not fit 12 digits') },
      ],
    });
  });

  it('goes by the rate that the client gives, where one is given', async () => {
    const tenant = await ledger.tenant();
    await rates.publish({ day: '2020-11-02', rates: { USD: '1.25' } });

    const { expense } = await ledger.client.recordExpense(tenant.owner, {
      input: anExpense({
        ...{ amount: { currency: 'USD', amountMinor: 100n } },
        expenseDate: '2020-11-02',
        exchangeRate: '0.5',
      }),
    });

    expect(expense).toMatchObject({ booked: { amountMinor: 50n }, rate: { source: 'given' } });
    expect(await rates.unchecked(tenant)).toEqual([]);
  });

  it('is answered alike under its key when the rate is gone meanwhile', async () => {
    const tenant = await ledger.tenant();
    const { id } = await rates.set(tenant, 'USD', 'EUR', '0.9', '2010-03-01');
    const context = withKey(tenant.owner, newId());
    const input = anExpense({ amount: { currency: 'USD', amountMinor: 100n }, expenseDate: '2010-03-01' });

    const first = await ledger.client.recordExpense(context, { input });
    await rates.withdraw(tenant, id);
    const second = await ledger.client.recordExpense(context, { input });

    expect(second).toEqual({ ...first, replayed: true });
    await expect(ledger.client.recordExpense(withKey(tenant.owner, newId()), { input })).rejects.toMatchObject({
      kind: 'invalid',
    });
  });
});

describe('editing an expense abroad', () => {
  const edit = async (
    tenant: TestTenant,
    expenseId: string,
    input: Partial<contract.ExpenseInput>,
    updateMask: string[],
  ) => (await ledger.client.editExpense(tenant.owner, { expenseId, input: anExpense(input), updateMask })).expense!;

  it('leaves what was paid in the currency of the account on it in that currency', async () => {
    const tenant = await ledger.tenant();
    const { account } = await ledger.client.createAccount(tenant.owner, {
      ...{ name: 'NY', kind: 'bank', currency: 'USD', openingBalance: undefined },
    });
    const abroad = anExpense({
      ...{ amount: { currency: 'USD', amountMinor: 100n }, accountId: account!.id, exchangeRate: '0.5' },
    });
    const { expense } = await ledger.client.recordExpense(tenant.owner, { input: abroad });

    await edit(tenant, expense!.id, { title: 'Other' }, ['title']);

    const { accounts } = await booksOf(ledger).balances(tenant.owner);
    const held = accounts.find((each) => each.account?.id === account!.id);
    expect(held?.balances).toMatchObject([{ currency: 'USD', balanceMinor: '-100' }]);
  });

  it('looks its rate up again for another day, currency or amount, and for nothing else', async () => {
    const tenant = await ledger.tenant();
    await rates.publish(
      { day: '2019-01-08', rates: { USD: '1.25', GBP: '0.5' } },
      { day: '2019-02-08', rates: { USD: '1.6' } },
    );
    const { id } = await rates.book(tenant, 1_000n, 'USD', '2019-01-08');

    expect(await edit(tenant, id, { title: 'Other' }, ['title'])).toMatchObject({ rate: { rate: '0.8' } });
    expect(await edit(tenant, id, { expenseDate: '2019-02-08' }, ['expense_date'])).toMatchObject({
      booked: { amountMinor: 625n },
      rate: { rate: '0.625', source: 'platform', date: '2019-02-08' },
    });
    await expect(edit(tenant, id, { amount: { currency: 'GBP', amountMinor: 5n } }, ['amount'])).rejects.toMatchObject({
      details: [{ field: 'exchange_rate', code: 'required' }],
    });
    const pounds = { amount: { currency: 'GBP', amountMinor: 100n }, expenseDate: '2019-01-09' };
    expect(await edit(tenant, id, pounds, ['amount', 'expense_date'])).toMatchObject({ booked: { amountMinor: 200n } });
    expect(await edit(tenant, id, { exchangeRate: '3' }, ['exchange_rate'])).toMatchObject({
      rate: { source: 'given' },
    });
    expect(await edit(tenant, id, { expenseDate: '2019-01-08' }, ['expense_date'])).toMatchObject({
      rate: { rate: '3' },
    });
    expect(await edit(tenant, id, { exchangeRate: '' }, ['exchange_rate'])).toMatchObject({
      rate: { rate: '2', source: 'platform', date: '2019-01-08' },
    });
  });
});
