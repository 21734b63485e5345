import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { events as catalogue } from '@outlay/contracts';
import { newId } from '@outlay/platform';
import { anExpense, startLedger, type TestLedger, type TestTenant } from './driver/start-ledger.ts';

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await startLedger();
});
afterAll(() => ledger.stop());

describe('editing an expense', () => {
  it('takes the entry in force back and books the new state', async () => {
    const tenant = await ledger.tenant();
    const { category } = await ledger.client.createCategory(tenant.owner, { name: 'Software' });
    const before = await record(tenant);

    const { expense } = await ledger.client.editExpense(tenant.owner, {
      expenseId: before.id,
      input: anExpense({
        amount: { currency: 'EUR', amountMinor: 9_900n },
        categoryId: category!.id,
        title: 'ignored',
      }),
      updateMask: ['amount', 'category_id'],
    });

    expect(expense).toEqual({
      ...before,
      amount: { currency: 'EUR', amountMinor: 9_900n },
      booked: { currency: 'EUR', amountMinor: 9_900n },
      category: { id: category!.id, name: 'Software' },
      version: 2n,
      entryId: expect.not.stringContaining(before.entryId),
      updatedAt: expect.any(Date),
    });
    expect(await entries(tenant)).toEqual([
      { kind: 'expense', reverses_entry_id: null, amounts: ['12550', '-12550'] },
      { kind: 'reversal', reverses_entry_id: before.entryId, amounts: ['-12550', '12550'] },
      { kind: 'expense', reverses_entry_id: null, amounts: ['9900', '-9900'] },
    ]);
    expect((await ledger.client.getExpense(tenant.owner, { expenseId: before.id })).expense).toEqual(expense);
  });

  it('announces the whole new state, and writes down both', async () => {
    const tenant = await ledger.tenant();
    const before = await record(tenant);

    const { expense } = await retitle(tenant, before.id, 'Two seats');

    const envelope = (await ledger.events(tenant.tenantId)).at(-1)!;
    expect(envelope).toMatchObject({
      type: 'outlay.ledger.expense.edited.v1',
      subject: before.id,
      aggregateversion: 2,
    });
    expect(catalogue['outlay.ledger.expense.edited.v1'].codec.fromJSON(envelope.data)).toEqual({ expense });
    const [audit] = await ledger.query(
      "select before, after from ledger.audit_entries where tenant_id = $1 and action = 'expense.edited'",
      [tenant.tenantId],
    );
    expect(audit).toMatchObject({
      before: { title: 'Design tool', version: '1' },
      after: { title: 'Two seats', version: '2' },
    });
  });

  it('moves what was booked to another day with both its sides', async () => {
    const tenant = await ledger.tenant();
    const before = await record(tenant);

    await ledger.client.editExpense(tenant.owner, {
      expenseId: before.id,
      input: anExpense({ expenseDate: '2025-02-01' }),
      updateMask: ['expense_date'],
    });

    const days = await ledger.query(
      `select entry.effective_date::text as day, sum(posting.amount_minor)::int as spent
       from ledger.journal_entries as entry
       join ledger.postings as posting on posting.tenant_id = entry.tenant_id and posting.entry_id = entry.id
         and posting.recorded_at = entry.recorded_at and posting.line = 1
       where entry.tenant_id = $1 group by 1 order by 1`,
      [tenant.tenantId],
    );
    expect(days).toEqual([
      { day: '2025-01-15', spent: 0 },
      { day: '2025-02-01', spent: 12_550 },
    ]);
  });

  it('changes the fields of the mask alone, and empties what is named without a value', async () => {
    const tenant = await ledger.tenant();
    const { project } = await ledger.client.createProject(tenant.owner, { name: 'Website' });
    const before = await record(tenant, { projectId: project!.id });

    const { expense } = await ledger.client.editExpense(tenant.owner, {
      expenseId: before.id,
      input: anExpense({ title: '', vendor: '', projectId: '', tags: [] }),
      updateMask: ['project_id', 'vendor', 'tags'],
    });

    expect(expense).toMatchObject({ title: 'Design tool', vendor: '', tags: [], project: undefined });
  });

  it('of an amount in the currency that was seen is overtaken by another currency, and by nothing else', async () => {
    const tenant = await ledger.tenant();
    const before = await record(tenant);
    const pay = (currency: string, amountMinor: bigint, seen: { seenCurrency?: string; seenAmountMinor?: bigint }) =>
      ledger.client.editExpense(tenant.owner, {
        expenseId: before.id,
        input: anExpense({ amount: { currency, amountMinor }, exchangeRate: currency === 'USD' ? '0.9' : '' }),
        ...{ updateMask: ['amount', 'exchange_rate'], ...seen },
      });

    await Promise.all([1n, 2n, 3n, 4n].map((sum) => pay('EUR', sum, { seenCurrency: 'EUR' })));
    const { expense: last } = await pay('EUR', 5n, { seenCurrency: 'EUR' });
    const stale = { seenCurrency: 'EUR', seenAmountMinor: 4n };
    await expect(pay('USD', 4n, stale)).rejects.toMatchObject({ code: 'version_mismatch' });
    const { expense: abroad } = await pay('USD', 5n, { seenCurrency: 'EUR', seenAmountMinor: 5n });

    expect([last!.version, abroad!.version]).toEqual([6n, 7n]);
    const late = pay('EUR', 6n, { seenCurrency: 'EUR' });
    await expect(late).rejects.toMatchObject({ kind: 'precondition_failed', code: 'version_mismatch' });
  });

  it('that leaves all as it is books nothing, announces nothing and keeps the version', async () => {
    const tenant = await ledger.tenant();
    const { expense: before } = await ledger.client.recordExpense(tenant.owner, {
      input: anExpense({
        amount: { currency: 'USD', amountMinor: 10_000n },
        ...{ exchangeRate: '0.9', tags: ['office', 'yearly'], vendor: 'Shop' },
      }),
    });
    const told = await ledger.allEvents(tenant.tenantId);
    const edit = (title: string) =>
      ledger.client.editExpense(tenant.owner, {
        expenseId: before!.id,
        input: anExpense({
          amount: { currency: 'USD', amountMinor: 10_000n },
          ...{ title, exchangeRate: '0.9', tags: ['office', 'yearly'], vendor: 'Shop' },
        }),
        updateMask: ['amount', 'title', 'exchange_rate', 'tags', 'vendor', 'expense_date', 'category_id'],
      });

    const { expense } = await edit(before!.title);

    expect(expense).toEqual(before);
    expect(await entries(tenant)).toHaveLength(1);
    const expenseEvents = (of: typeof told) => of.filter(({ type }) => type.includes('.expense.'));
    expect(expenseEvents(await ledger.allEvents(tenant.tenantId))).toEqual(expenseEvents(told));
    const audits = () =>
      ledger.query("select id from ledger.audit_entries where tenant_id = $1 and action = 'expense.edited'", [
        tenant.tenantId,
      ]);
    expect(await audits()).toEqual([]);

    expect((await edit('Something else')).expense).toMatchObject({ title: 'Something else', version: 2n });
    expect(await entries(tenant)).toHaveLength(3);
    expect(await audits()).toHaveLength(1);
  });

  it('takes a rate for the same however it is written', async () => {
    const tenant = await ledger.tenant();
    const written = (exchangeRate: string) =>
      anExpense({ amount: { currency: 'USD', amountMinor: 100n }, exchangeRate });
    const { expense: before } = await ledger.client.recordExpense(tenant.owner, { input: written('007.10') });
    const edit = async (rate: string) => {
      const changes = { input: written(rate), updateMask: ['amount', 'exchange_rate'] };
      return (await ledger.client.editExpense(tenant.owner, { expenseId: before!.id, ...changes })).expense;
    };

    expect(before!.rate!.rate).toBe('7.1');
    for (const rate of ['7.1', '7.100', '07.10']) expect(await edit(rate)).toEqual(before);
    expect(await entries(tenant)).toHaveLength(1);
    expect(await edit('7.101')).toMatchObject({ rate: { rate: '7.101' }, version: 2n });
  });

  it('keeps the rate of a foreign amount, and takes a new one', async () => {
    const tenant = await ledger.tenant();
    const usd = (amountMinor: bigint) => ({ currency: 'USD', amountMinor });
    const before = await record(tenant, { amount: usd(10_000n), exchangeRate: '0.9' });
    const edit = (input: Parameters<typeof anExpense>[0], updateMask: string[]) =>
      ledger.client.editExpense(tenant.owner, { expenseId: before.id, input: anExpense(input), updateMask });

    const dearer = await edit({ amount: usd(20_000n) }, ['amount']);
    const rerated = await edit({ exchangeRate: '0.8' }, ['exchange_rate']);
    const domestic = await edit({}, ['amount']);

    expect(dearer.expense!.booked).toEqual({ currency: 'EUR', amountMinor: 18_000n });
    expect(rerated.expense!.booked).toEqual({ currency: 'EUR', amountMinor: 16_000n });
    expect(domestic.expense).toMatchObject({ rate: { rate: '1', source: 'identity' } });
    await expect(edit({ amount: usd(1n) }, ['amount'])).rejects.toMatchObject({
      kind: 'invalid',
      details: [{ field: 'exchange_rate', code: 'required' }],
    });
  });

  it('goes on without a rate that was given only where one is listed in its place', async () => {
    const tenant = await ledger.tenant();
    const amount = { currency: 'CHF', amountMinor: 1_000n };
    const before = await record(tenant, { amount, exchangeRate: '1.05', expenseDate: '2001-01-15' });
    const edit = (input: Parameters<typeof anExpense>[0], updateMask: string[]) =>
      ledger.client.editExpense(tenant.owner, { expenseId: before.id, input: anExpense(input), updateMask });
    const required = { kind: 'invalid', details: [{ field: 'exchange_rate', code: 'required' }] };

    const replaced = edit({ amount: { currency: 'CHF', amountMinor: 2_000n }, expenseDate: '2001-03-15' }, [
      ...['amount', 'expense_date', 'exchange_rate'],
    ]);
    await expect(replaced).rejects.toMatchObject(required);
    await expect(edit({}, ['exchange_rate'])).rejects.toMatchObject(required);

    expect((await ledger.client.getExpense(tenant.owner, { expenseId: before.id })).expense).toEqual(before);
    await ledger.client.createExchangeRate(tenant.owner, {
      ...{ baseCurrency: 'CHF', quoteCurrency: 'EUR', rate: '0.9', date: '2001-01-14', provider: '' },
    });
    expect((await edit({}, ['exchange_rate'])).expense).toMatchObject({
      booked: { currency: 'EUR', amountMinor: 900n },
      rate: { rate: '0.9', source: 'tenant', date: '2001-01-14' },
    });
  });

  it('refuses a version that is not the present one', async () => {
    const tenant = await ledger.tenant();
    const before = await record(tenant);
    await retitle(tenant, before.id, 'Two seats', 1n);

    const late = retitle(tenant, before.id, 'Three seats', 1n);

    await expect(late).rejects.toMatchObject({ kind: 'precondition_failed', code: 'version_mismatch' });
    const { expense } = await ledger.client.getExpense(tenant.owner, { expenseId: before.id });
    expect(expense).toMatchObject({ title: 'Two seats', version: 2n });
  });

  it('lets one of many editors of a version win, and reverses each entry once', async () => {
    const tenant = await ledger.tenant();
    const before = await record(tenant);

    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) => retitle(tenant, before.id, `Title ${index}`, 1n)),
    );

    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await entries(tenant)).toHaveLength(3);
  });

  it('lets editors without a version come one after the other', async () => {
    const tenant = await ledger.tenant();
    const before = await record(tenant);

    const edited = await Promise.all(
      Array.from({ length: 8 }, (_, index) => retitle(tenant, before.id, `Title ${index}`)),
    );

    expect(edited.map(({ expense }) => expense!.version).sort()).toEqual([2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n]);
    expect(await entries(tenant)).toHaveLength(17);
    const reversed = (await entries(tenant)).map(({ reverses_entry_id }) => reverses_entry_id).filter(Boolean);
    expect(new Set(reversed).size).toBe(8);
  });

  it('refuses what is not a field, is not valid or does not exist', async () => {
    const [tenant, other] = [await ledger.tenant(), await ledger.tenant()];
    const before = await record(tenant);
    const edit = (input: Parameters<typeof anExpense>[0], updateMask: string[]) =>
      ledger.client.editExpense(tenant.owner, { expenseId: before.id, input: anExpense(input), updateMask });

    await expect(edit({}, [])).rejects.toMatchObject({ details: [{ field: 'update_mask', code: 'required' }] });
    await expect(edit({}, ['user_id'])).rejects.toMatchObject({ details: [{ field: 'update_mask' }] });
    await expect(edit({ title: ' ' }, ['title'])).rejects.toMatchObject({ details: [{ field: 'title' }] });
    await expect(edit({ accountId: newId() }, ['account_id'])).rejects.toMatchObject({
      kind: 'invalid',
      details: [{ field: 'account_id', code: 'not_found' }],
    });
    for (const [context, expenseId] of [
      [tenant.owner, newId()],
      [other.owner, before.id],
      [tenant.otherMember, before.id],
    ] as const) {
      const editing = ledger.client.editExpense(context, { expenseId, input: anExpense(), updateMask: ['title'] });
      await expect(editing).rejects.toMatchObject({ kind: 'not_found', code: 'expense_not_found' });
    }
    const byAnalyst = ledger.client.editExpense(tenant.analyst, {
      expenseId: before.id,
      input: anExpense(),
      updateMask: ['title'],
    });
    await expect(byAnalyst).rejects.toMatchObject({ kind: 'forbidden' });
    expect(await entries(tenant)).toHaveLength(1);
  });
});

describe('reversing an expense', () => {
  it('books its reversal, announces it, and hides it from lists unless they ask', async () => {
    const tenant = await ledger.tenant();
    const before = await record(tenant);

    const { expense } = await ledger.client.reverseExpense(tenant.owner, { expenseId: before.id, version: 1n });

    expect(expense).toEqual({ ...before, status: 'reversed', version: 2n, updatedAt: expect.any(Date) });
    expect(await entries(tenant)).toEqual([
      { kind: 'expense', reverses_entry_id: null, amounts: ['12550', '-12550'] },
      { kind: 'reversal', reverses_entry_id: before.entryId, amounts: ['-12550', '12550'] },
    ]);
    const envelope = (await ledger.events(tenant.tenantId)).at(-1)!;
    expect(envelope).toMatchObject({ type: 'outlay.ledger.expense.reversed.v1', aggregateversion: 2 });
    expect(catalogue['outlay.ledger.expense.reversed.v1'].codec.fromJSON(envelope.data)).toEqual({ expense });
    const list = await ledger.client.listExpenses(tenant.owner, { filter: undefined, sort: '', page: undefined });
    expect(list.expenses).toEqual([]);
    expect((await ledger.client.getExpense(tenant.owner, { expenseId: before.id })).expense).toEqual(expense);
  });

  it('is done once: then it can be neither reversed nor edited', async () => {
    const tenant = await ledger.tenant();
    const before = await record(tenant);

    const outcomes = await Promise.allSettled(
      Array.from({ length: 5 }, () => ledger.client.reverseExpense(tenant.owner, { expenseId: before.id })),
    );

    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') {
        expect(outcome.reason).toMatchObject({ kind: 'conflict', code: 'expense_reversed' });
      }
    }
    await expect(retitle(tenant, before.id, 'Again')).rejects.toMatchObject({ code: 'expense_reversed' });
    expect(await entries(tenant)).toHaveLength(2);
  });

  it('is for those who may see the expense, and only at the version they saw', async () => {
    const [tenant, other] = [await ledger.tenant(), await ledger.tenant()];
    const before = await record(tenant);

    for (const context of [other.owner, tenant.otherMember]) {
      const reversing = ledger.client.reverseExpense(context, { expenseId: before.id });
      await expect(reversing).rejects.toMatchObject({ kind: 'not_found', code: 'expense_not_found' });
    }
    const byAnalyst = ledger.client.reverseExpense(tenant.analyst, { expenseId: before.id });
    await expect(byAnalyst).rejects.toMatchObject({ kind: 'forbidden' });
    const stale = ledger.client.reverseExpense(tenant.owner, { expenseId: before.id, version: 7n });
    await expect(stale).rejects.toMatchObject({ kind: 'precondition_failed', code: 'version_mismatch' });
    expect(await entries(tenant)).toHaveLength(1);
  });
});

async function record(tenant: TestTenant, different: Parameters<typeof anExpense>[0] = {}) {
  const { expense } = await ledger.client.recordExpense(tenant.member, { input: anExpense(different) });
  return expense!;
}

const retitle = (tenant: TestTenant, expenseId: string, title: string, version?: bigint) =>
  ledger.client.editExpense(tenant.owner, { expenseId, input: anExpense({ title }), updateMask: ['title'], version });

/** In the order of their writing; a reversal stands before the entry that was written with it. */
const entries = (tenant: TestTenant) =>
  ledger.query<{ kind: string; reverses_entry_id: string | null; amounts: string[] }>(
    `select entry.kind, entry.reverses_entry_id,
       array(
         select posting.amount_minor::text from ledger.postings as posting
         where posting.tenant_id = entry.tenant_id and posting.entry_id = entry.id order by posting.line
       ) as amounts
     from ledger.journal_entries as entry
     where entry.tenant_id = $1 order by entry.recorded_at, entry.kind desc`,
    [tenant.tenantId],
  );
