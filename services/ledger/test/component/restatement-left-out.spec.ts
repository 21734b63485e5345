import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { newId } from '@outlay/platform';
import { booksOf } from './driver/books.ts';
import { ratesOf } from './driver/rates.ts';
import { anExpense, startLedger, type TestLedger, type TestTenant } from './driver/start-ledger.ts';

let ledger: TestLedger;
let rates: ReturnType<typeof ratesOf>;
let books: ReturnType<typeof booksOf>;
beforeAll(async () => {
  ledger = await startLedger();
  rates = ratesOf(ledger);
  books = booksOf(ledger);
});
afterAll(() => ledger.stop());

/** At 0.9 it can be booked in euros, and at 2 it cannot. */
const huge = 900_000_000_000_000n;

async function trail(tenant: TestTenant, entityId: string) {
  const entries: { action: string; requestId: string; after: Record<string, unknown> }[] = [];
  for (let cursor = ''; ; ) {
    const answer = await ledger.client.listAuditEntries(tenant.owner, {
      ...{ entity: '', entityId, actorId: '', from: undefined, to: undefined, page: { limit: 200, cursor } },
    });
    entries.push(
      ...answer.entries.map(({ action, requestId, afterJson }) => ({
        ...{ action, requestId, after: JSON.parse(afterJson || '{}') },
      })),
    );
    cursor = answer.page?.nextCursor ?? '';
    if (cursor === '') return entries;
  }
}

it('what has no rate in force any more is left, counted and named, until it has one again', async () => {
  const [tenant, other] = [await ledger.tenant(), await ledger.tenant()];
  const day = '2007-06-04';
  const { id: rateId } = await rates.set(tenant, 'USD', 'EUR', '0.9', day);
  const bare = await rates.book(tenant, 1_000n, 'USD', day);
  const { expense: given } = await ledger.client.recordExpense(tenant.owner, {
    input: anExpense({ amount: { currency: 'USD', amountMinor: 1_000n }, expenseDate: day, exchangeRate: '0.8' }),
  });
  await rates.set(tenant, 'GBP', 'EUR', '1.2', day);
  const listed = await rates.book(tenant, 1_000n, 'GBP', day);
  await rates.settled(tenant);

  await rates.withdraw(tenant, rateId);
  await rates.settled(tenant);

  const [withdrawal] = await rates.restatements(tenant);
  expect(withdrawal).toMatchObject({ status: 'completed', checked: 2, restated: 0, leftOut: 1 });
  expect(withdrawal!.leftOutExpenses).toEqual([{ expenseId: bare.id, reason: 'no_rate' }]);
  for (const one of [bare, given!, listed]) expect(await rates.expense(tenant, one.id)).toEqual(one);
  const told = await trail(tenant, withdrawal!.id);
  expect(told.map(({ action, after }) => [action, after])).toEqual([
    ['restatement.completed', expect.objectContaining({ expensesRestated: 0, expensesLeftOut: 1 })],
    ['restatement.expense_left_out', { expenseId: bare.id, reason: 'no_rate' }],
  ]);
  expect(await rates.restatements(other)).toEqual([]);

  await rates.set(tenant, 'USD', 'EUR', '0.5', day);
  await rates.settled(tenant);

  expect((await rates.restatements(tenant))[0]).toMatchObject({ checked: 2, restated: 1, leftOut: 0 });
  expect(await rates.expense(tenant, bare.id)).toMatchObject({ booked: { amountMinor: 500n } });
});

it('what was booked while its only rate was withdrawn is named too', async () => {
  const tenant = await ledger.tenant();
  const day = '2007-07-02';
  const { id: rateId } = await rates.set(tenant, 'USD', 'EUR', '0.9', day);
  const { id } = await rates.book(tenant, 1_000n, 'USD', day);
  await rates.withdraw(tenant, rateId);
  await rates.settled(tenant);
  // As if it had been committed only now.
  await ledger.query('insert into ledger.rate_checks (tenant_id, expense_id) values ($1, $2)', [tenant.tenantId, id]);

  await rates.runJob('check_rates');

  expect(await rates.unchecked(tenant)).toEqual([]);
  const told = (await trail(tenant, id)).find(({ action }) => action === 'rate_check.expense_left_out');
  expect(told).toMatchObject({ after: { expenseId: id, reason: 'no_rate' } });
});

it('what the books cannot hold at a corrected rate is left, counted and named', async () => {
  const [tenant, other] = [await ledger.tenant(), await ledger.tenant()];
  const day = '2007-01-02';
  const { id: rateId } = await rates.set(tenant, 'USD', 'EUR', '0.9', day);
  const [first, small, refund] = [
    await rates.book(tenant, huge, 'USD', day),
    await rates.book(tenant, 1_000n, 'USD', day),
    await rates.book(tenant, -huge, 'USD', day),
  ];
  const correction = { ...tenant.admin, requestId: newId() };

  await ledger.client.correctExchangeRate(correction, { exchangeRateId: rateId, rate: '2', provider: 'Treasury' });
  await rates.settled(tenant);

  const [restatement] = await rates.restatements(tenant);
  expect(restatement).toMatchObject({ status: 'completed', checked: 3, restated: 1, leftOut: 2 });
  expect(restatement!.leftOutExpenses.toSorted((a, b) => (a.expenseId < b.expenseId ? -1 : 1))).toEqual([
    { expenseId: first.id, reason: 'amount_out_of_range' },
    { expenseId: refund.id, reason: 'amount_out_of_range' },
  ]);
  expect(await rates.expense(tenant, first.id)).toEqual(first);
  expect(await rates.expense(tenant, refund.id)).toEqual(refund);
  expect(await rates.expense(tenant, small.id)).toMatchObject({ booked: { amountMinor: 2_000n } });
  const told = await trail(tenant, restatement!.id);
  expect(told[0]).toMatchObject({
    ...{ action: 'restatement.completed', requestId: correction.requestId },
    after: { expensesChecked: 3, expensesRestated: 1, expensesLeftOut: 2 },
  });
  expect(told.slice(1).map(({ action, after }) => [action, after])).toEqual(
    expect.arrayContaining([
      ['restatement.expense_left_out', { expenseId: first.id, reason: 'amount_out_of_range' }],
      ['restatement.expense_left_out', { expenseId: refund.id, reason: 'amount_out_of_range' }],
    ]),
  );
  expect(await rates.restatements(other)).toEqual([]);

  await rates.correct(tenant, rateId, '0.5');
  await rates.settled(tenant);

  const [later] = await rates.restatements(tenant);
  expect(later).toMatchObject({ checked: 3, restated: 3, leftOut: 0, leftOutExpenses: [] });
  expect((await books.trialBalance(tenant.owner)).isBalanced).toBe(true);
});

it('of many that are left the first fifty are named in the restatement, and all in the audit trail', async () => {
  const tenant = await ledger.tenant();
  const day = '2007-02-01';
  const { id: rateId } = await rates.set(tenant, 'USD', 'EUR', '0.9', day);
  const ids: string[] = [];
  for (let batch = 0; batch < 3; batch++) {
    const inputs = Array.from({ length: 90 }, () =>
      anExpense({ amount: { currency: 'USD', amountMinor: huge }, expenseDate: day }),
    );
    const { rows } = await ledger.client.recordExpenses(tenant.owner, { inputs, perRow: false });
    ids.push(...rows.map(({ expense }) => expense!.id));
  }

  await rates.correct(tenant, rateId, '3');
  await rates.settled(tenant);

  const [restatement] = await rates.restatements(tenant);
  expect(restatement).toMatchObject({ checked: 270, restated: 0, leftOut: 270 });
  expect(restatement!.leftOutExpenses).toHaveLength(50);
  const named = (await trail(tenant, restatement!.id)).flatMap(({ after }) => after.expenseId ?? []);
  expect(named.toSorted()).toEqual(ids.toSorted());
});

it('what is not what its entry says is left, and holds up nothing else', async () => {
  const tenant = await ledger.tenant();
  const day = '2007-03-01';
  const { id: rateId } = await rates.set(tenant, 'USD', 'EUR', '0.9', day);
  const [noted, changed, sound] = [
    await rates.book(tenant, 1_000n, 'USD', day),
    await rates.book(tenant, 1_000n, 'USD', day),
    await rates.book(tenant, 1_000n, 'USD', day),
  ];
  await ledger.query(
    `insert into ledger.reversals (tenant_id, entry_id, reversal_id, recorded_at)
     select tenant_id, entry_id, gen_random_uuid(), now() from ledger.expenses where tenant_id = $1 and id = $2`,
    [tenant.tenantId, noted.id],
  );
  await ledger.query('update ledger.expenses set amount_minor = 7 where tenant_id = $1 and id = $2', [
    ...[tenant.tenantId, changed.id],
  ]);

  await rates.correct(tenant, rateId, '0.5');
  await rates.settled(tenant);

  const [restatement] = await rates.restatements(tenant);
  expect(restatement).toMatchObject({ status: 'completed', checked: 3, restated: 1, leftOut: 2 });
  expect(restatement!.leftOutExpenses).toEqual(
    expect.arrayContaining([
      { expenseId: noted.id, reason: 'books_disagree' },
      { expenseId: changed.id, reason: 'books_disagree' },
    ]),
  );
  expect(await rates.expense(tenant, sound.id)).toMatchObject({ booked: { amountMinor: 500n } });
});

it('what was booked while its rate was corrected, and cannot be held at the other one, is named too', async () => {
  const tenant = await ledger.tenant();
  const day = '2007-04-02';
  const { id: rateId } = await rates.set(tenant, 'USD', 'EUR', '0.9', day);
  const { id } = await rates.book(tenant, huge, 'USD', day);
  await rates.correct(tenant, rateId, '2');
  await rates.settled(tenant);
  // As if it had been committed only now.
  await ledger.query('insert into ledger.rate_checks (tenant_id, expense_id) values ($1, $2)', [tenant.tenantId, id]);

  await rates.runJob('check_rates');

  expect(await rates.unchecked(tenant)).toEqual([]);
  const told = (await trail(tenant, id)).find(({ action }) => action === 'rate_check.expense_left_out');
  expect(told).toMatchObject({ after: { expenseId: id, reason: 'amount_out_of_range' } });
});

it('a tenant whose list of rates was forged keeps nobody else’s expenses from being checked', async () => {
  // Tenants are gone through by their ids.
  const tenants = [await ledger.tenant(), await ledger.tenant()];
  const [first, second] = tenants.toSorted((a, b) => (a.tenantId < b.tenantId ? -1 : 1));
  const day = '2007-05-02';
  const bookedUnder = async (tenant: TestTenant, rate: string) => {
    const { id: rateId } = await rates.set(tenant, 'EUR', 'USD', '1.25', day);
    const { id } = await rates.book(tenant, 1_000n, 'USD', day);
    await ledger.query('update ledger.exchange_rates set rate = $3 where tenant_id = $1 and id = $2', [
      ...[tenant.tenantId, rateId, rate],
    ]);
    return { tenant, id };
  };
  const sound = await bookedUnder(second!, '2');
  const forged = await bookedUnder(first!, 'NaN');
  for (const { tenant, id } of [sound, forged]) {
    await ledger.query('delete from ledger.rate_checks where tenant_id = $1', [tenant.tenantId]);
    await ledger.query('insert into ledger.rate_checks (tenant_id, expense_id) values ($1, $2)', [tenant.tenantId, id]);
  }

  await rates.runJob('check_rates');

  expect(await rates.unchecked(sound.tenant)).toEqual([]);
  expect(await rates.expense(sound.tenant, sound.id)).toMatchObject({ booked: { amountMinor: 500n } });
  expect(await rates.unchecked(forged.tenant)).toHaveLength(1);
});
