import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { events as catalogue } from '@outlay/contracts';
import { newId } from '@outlay/platform';
import { anExpense, startLedger, type TestLedger, type TestTenant } from './driver/start-ledger.ts';

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await startLedger();
});
afterAll(() => ledger.stop());

const uncategorised = '00000000-0000-7000-8000-000000000001';
const unassigned = '00000000-0000-7000-8000-000000000002';
const exchange = '00000000-0000-7000-8000-000000000003';

describe('recording an expense', () => {
  it('books it by two postings that sum to zero, and says what was booked', async () => {
    const tenant = await ledger.tenant();
    const { category, account, project } = await references(tenant);

    const { expense, replayed } = await ledger.client.recordExpense(tenant.member, {
      input: anExpense({ categoryId: category.id, accountId: account.id, projectId: project.id }),
    });

    expect(replayed).toBe(false);
    expect(expense).toMatchObject({
      amount: { currency: 'EUR', amountMinor: 12_550n },
      booked: { currency: 'EUR', amountMinor: 12_550n },
      rate: { rate: '1', source: 'identity', date: '2025-01-15' },
      title: 'Design tool',
      description: 'Yearly licence',
      category: { id: category.id, name: 'Software' },
      account: { id: account.id, name: 'Card' },
      project: { id: project.id, name: 'Website' },
      expenseDate: '2025-01-15',
      paymentMethod: 'credit_card',
      tags: ['office', 'supplies'],
      vendor: 'Draftsman Ltd',
      status: 'posted',
      version: 1n,
      userId: tenant.ids.memberId,
      importId: '',
    });
    expect(await postings(tenant)).toEqual([
      { ledger_account_id: category.id, currency: 'EUR', amount_minor: '12550' },
      { ledger_account_id: account.id, currency: 'EUR', amount_minor: '-12550' },
    ]);
    const read = await ledger.client.getExpense(tenant.owner, { expenseId: expense!.id });
    expect(read.expense).toEqual(expense);
  });

  it('announces it with all there is to know, and writes down who did it', async () => {
    const tenant = await ledger.tenant();
    const { category } = await references(tenant);
    const context = { ...tenant.owner, requestId: newId(), correlationId: 'spring-cleaning' };

    const { expense } = await ledger.client.recordExpense(context, { input: anExpense({ categoryId: category.id }) });

    const envelope = (await ledger.events(tenant.tenantId)).at(-1)!;
    expect(envelope).toMatchObject({
      type: 'outlay.ledger.expense.recorded.v1',
      subject: expense!.id,
      aggregateversion: 1,
      tenantid: tenant.tenantId,
      correlationid: 'spring-cleaning',
    });
    expect(catalogue['outlay.ledger.expense.recorded.v1'].codec.fromJSON(envelope.data)).toEqual({ expense });
    const [audit] = await ledger.query(
      "select * from ledger.audit_entries where tenant_id = $1 and action = 'expense.recorded'",
      [tenant.tenantId],
    );
    expect(audit).toMatchObject({
      actor_kind: 'user',
      actor_id: tenant.ids.ownerId,
      request_id: context.requestId,
      entity: 'expense',
      entity_id: expense!.id,
      before: null,
      after: (envelope.data as { expense: unknown }).expense,
    });
  });

  it('keeps a refund negative', async () => {
    const tenant = await ledger.tenant();

    const { expense } = await ledger.client.recordExpense(tenant.owner, {
      input: anExpense({ amount: { currency: 'EUR', amountMinor: -500n } }),
    });

    expect(expense!.booked).toEqual({ currency: 'EUR', amountMinor: -500n });
    expect(await postings(tenant)).toEqual([
      { ledger_account_id: uncategorised, currency: 'EUR', amount_minor: '-500' },
      { ledger_account_id: unassigned, currency: 'EUR', amount_minor: '500' },
    ]);
  });

  it('brings a foreign amount into the tenant’s currency at the rate that is given', async () => {
    const tenant = await ledger.tenant();
    const { account } = await ledger.client.createAccount(tenant.owner, {
      name: 'NY',
      kind: 'bank',
      currency: 'USD',
      openingBalance: undefined,
    });
    const foreign = { amount: { currency: 'USD', amountMinor: 10_000n }, exchangeRate: '0.970518' };

    const { expense } = await ledger.client.recordExpense(tenant.owner, {
      input: anExpense({ ...foreign, accountId: account!.id }),
    });

    expect(expense).toMatchObject({
      amount: { currency: 'USD', amountMinor: 10_000n },
      booked: { currency: 'EUR', amountMinor: 9_705n },
      rate: { rate: '0.970518', source: 'given', date: '2025-01-15' },
    });
    expect(await postings(tenant)).toEqual([
      { ledger_account_id: uncategorised, currency: 'EUR', amount_minor: '9705' },
      { ledger_account_id: exchange, currency: 'EUR', amount_minor: '-9705' },
      { ledger_account_id: exchange, currency: 'USD', amount_minor: '10000' },
      { ledger_account_id: account!.id, currency: 'USD', amount_minor: '-10000' },
    ]);
  });

  it('refuses a foreign amount without a rate, and a rate where none applies', async () => {
    const tenant = await ledger.tenant();
    const foreign = anExpense({ amount: { currency: 'USD', amountMinor: 10_000n } });

    expect(await refusal(tenant, foreign)).toEqual([['exchange_rate', 'required']]);
    expect(await refusal(tenant, anExpense({ exchangeRate: '1.5' }))).toEqual([['exchange_rate', 'not_applicable']]);
    expect(await postings(tenant)).toEqual([]);
  });

  it('names every field that is wrong', async () => {
    const tenant = await ledger.tenant();

    const wrong = anExpense({
      amount: { currency: 'XXZ', amountMinor: 0n },
      title: '  ',
      categoryId: 'software',
      expenseDate: '2025-02-30',
      paymentMethod: 'barter',
      tags: ['fine', ''],
      vendor: 'v'.repeat(201),
      exchangeRate: 'much',
    });

    expect((await refusal(tenant, wrong)).map(([field]) => field).sort()).toEqual([
      'amount',
      'category_id',
      'currency',
      'exchange_rate',
      'expense_date',
      'payment_method',
      'tags[1]',
      'title',
      'vendor',
    ]);
    expect(await refusal(tenant, anExpense({ title: 'a\0b' }))).toEqual([['title', 'invalid_characters']]);
    expect(await refusal(tenant, anExpense({ expenseDate: '1969-12-31' }))).toEqual([['expense_date', 'out_of_range']]);
    expect(await refusal(tenant, anExpense({ expenseDate: '2099-01-01' }))).toEqual([['expense_date', 'out_of_range']]);
    expect(await postings(tenant)).toEqual([]);
  });

  it('refuses references to what does not exist, and to another tenant’s', async () => {
    const [tenant, other] = [await ledger.tenant(), await ledger.tenant()];
    const theirs = await references(other);

    expect(await refusal(tenant, anExpense({ categoryId: newId() }))).toEqual([['category_id', 'not_found']]);
    expect(await refusal(tenant, anExpense({ categoryId: theirs.category.id }))).toEqual([
      ['category_id', 'not_found'],
    ]);
    expect(await refusal(tenant, anExpense({ accountId: theirs.account.id }))).toEqual([['account_id', 'not_found']]);
    expect(await refusal(tenant, anExpense({ projectId: theirs.project.id }))).toEqual([['project_id', 'not_found']]);
    const all = anExpense({ categoryId: newId(), accountId: newId(), projectId: newId() });
    expect((await refusal(tenant, all)).map(([field]) => field)).toEqual(['category_id', 'account_id', 'project_id']);
    expect(await ledger.events(tenant.tenantId)).toEqual([]);
    expect(await postings(tenant)).toEqual([]);
  });

  it('is not for analysts', async () => {
    const tenant = await ledger.tenant();

    const recording = ledger.client.recordExpense(tenant.analyst, { input: anExpense() });

    await expect(recording).rejects.toMatchObject({ kind: 'forbidden', code: 'role_required' });
    expect(await postings(tenant)).toEqual([]);
  });

  it('gives the first bookings of a tenant one fixed currency, however many come at once', async () => {
    const tenant = await ledger.tenant();

    const answers = await Promise.all(
      Array.from({ length: 12 }, () => ledger.client.recordExpense(tenant.owner, { input: anExpense() })),
    );

    expect(new Set(answers.map(({ expense }) => expense!.id)).size).toBe(12);
    expect(await postings(tenant)).toHaveLength(24);
    const [stored] = await ledger.query('select currency_fixed_at from ledger.tenants where tenant_id = $1', [
      tenant.tenantId,
    ]);
    expect(stored!.currency_fixed_at).toBeInstanceOf(Date);
  });
});

async function references(tenant: TestTenant) {
  const { category } = await ledger.client.createCategory(tenant.owner, { name: 'Software' });
  const { account } = await ledger.client.createAccount(tenant.owner, {
    name: 'Card',
    kind: 'card',
    currency: '',
    openingBalance: undefined,
  });
  const { project } = await ledger.client.createProject(tenant.owner, { name: 'Website' });
  return { category: category!, account: account!, project: project! };
}

/** Field and code of each thing that is wrong with an expense. */
async function refusal(tenant: TestTenant, input: ReturnType<typeof anExpense>): Promise<[string, string][]> {
  const error = await ledger.client.recordExpense(tenant.owner, { input }).then(
    () => undefined,
    (thrown) => thrown,
  );
  expect(error).toMatchObject({ kind: 'invalid', code: 'validation_failed' });
  return error.details.map((detail: { field: string; code: string }) => [detail.field, detail.code]);
}

const postings = (tenant: TestTenant) =>
  ledger.query(
    `select postings.ledger_account_id, postings.currency, postings.amount_minor from ledger.postings
     where postings.tenant_id = $1 order by postings.recorded_at, postings.entry_id, postings.line`,
    [tenant.tenantId],
  );
