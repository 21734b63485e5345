import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ledger as messages } from '@outlay/contracts';
import { type CallerContext, newId } from '@outlay/platform';
import { anExpense, everything, startLedger, type TestLedger, type TestTenant } from './driver/start-ledger.ts';

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await startLedger();
});
afterAll(() => ledger.stop());

describe('the list of expenses', () => {
  it('begins with the newest expense date, and says all there is to say of each', async () => {
    const [tenant, other] = [await ledger.tenant(), await ledger.tenant()];
    const { category } = await ledger.client.createCategory(tenant.owner, { name: 'Software' });
    const dates = ['2025-01-02', '2025-03-01', '2025-01-01', '2025-02-01'];
    const recorded = [];
    for (const expenseDate of dates) {
      recorded.push(await record(tenant.owner, { expenseDate, categoryId: category!.id }));
    }
    await record(other.owner, {});

    const newestFirst = await list(tenant.owner, {});
    const oldestFirst = await list(tenant.owner, {}, { sort: 'expense_date' });

    expect(newestFirst.expenses).toEqual([recorded[1], recorded[3], recorded[0], recorded[2]]);
    expect(oldestFirst.expenses).toEqual(newestFirst.expenses.toReversed());
    expect(newestFirst.page).toEqual({ nextCursor: '', hasMore: false, limit: 50 });
  });

  it('shows each expense once over all pages, whatever is booked and changed between them', async () => {
    const tenant = await ledger.tenant();
    const dates = Array.from({ length: 23 }, (_, index) => `2025-01-${String((index % 7) + 1).padStart(2, '0')}`);
    const recorded = await Promise.all(dates.map((expenseDate) => record(tenant.owner, { expenseDate })));

    for (const sort of ['-expense_date', 'expense_date']) {
      const seen: messages.Expense[] = [];
      let page: messages.ListExpensesResponse['page'];
      do {
        const answer = await list(tenant.owner, {}, { sort, limit: 5, cursor: page?.nextCursor });
        seen.push(...answer.expenses);
        page = answer.page;
        // Booked before, between and after what is still to come.
        for (const expenseDate of ['2025-01-01', '2025-01-04', '2025-01-07']) {
          await record(tenant.owner, { expenseDate, title: 'Late' });
        }
      } while (page?.hasMore);

      const ours = seen.filter(({ title }) => title !== 'Late').map(({ id }) => id);
      expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length);
      expect(ours.toSorted()).toEqual(recorded.map(({ id }) => id).toSorted());
      const keys = seen.map((expense) => `${expense.expenseDate} ${expense.id}`);
      expect(keys).toEqual(sort === 'expense_date' ? keys.toSorted() : keys.toSorted().toReversed());
    }
  });

  it('fills its last page exactly without promising another', async () => {
    const tenant = await ledger.tenant();
    await Promise.all(Array.from({ length: 4 }, () => record(tenant.owner, {})));

    const first = await list(tenant.owner, {}, { limit: 2 });
    const second = await list(tenant.owner, {}, { limit: 2, cursor: first.page!.nextCursor });

    expect(first.page).toMatchObject({ hasMore: true, limit: 2 });
    expect(second.expenses).toHaveLength(2);
    expect(second.page).toEqual({ nextCursor: '', hasMore: false, limit: 2 });
  });

  it('finds a text that looks like an id by every filter that takes one, in any order', async () => {
    const tenant = await ledger.tenant();
    const text = newId();
    const { id } = await record(tenant.owner, { vendor: text, tags: [text], title: text });
    await record(tenant.owner, {});

    for (const filter of [{ vendor: text }, { tags: [text] }, { text }, { vendor: text, tags: [text], text }]) {
      for (const sort of ['-expense_date', 'expense_date', '-amount', 'created_at']) {
        expect((await list(tenant.owner, filter, { sort })).expenses.map((expense) => expense.id)).toEqual([id]);
      }
    }
  });

  it('finds by each filter what matches it, and nothing else', async () => {
    const tenant = await ledger.tenant();
    const { category } = await ledger.client.createCategory(tenant.owner, { name: 'Software' });
    const { account } = await ledger.client.createAccount(tenant.owner, {
      name: 'Card',
      kind: 'card',
      currency: '',
      openingBalance: undefined,
    });
    const { project } = await ledger.client.createProject(tenant.owner, { name: 'Website' });
    const wanted = await record(tenant.member, {
      categoryId: category!.id,
      accountId: account!.id,
      projectId: project!.id,
      expenseDate: '2025-06-15',
      amount: { currency: 'EUR', amountMinor: 4_200n },
      title: 'Vector editor',
      description: '100% off_season',
      vendor: 'Inkwell Ltd',
      tags: ['rare'],
    });
    await record(tenant.owner, {});
    const reversed = await record(tenant.owner, { title: 'Taken back' });
    await ledger.client.reverseExpense(tenant.owner, { expenseId: reversed.id });

    const matching: Partial<messages.ExpenseFilter>[] = [
      { dateFrom: '2025-06-15' },
      { dateFrom: '2025-06-15', dateTo: '2025-06-15' },
      { categoryIds: [category!.id] },
      { categoryIds: [newId(), category!.id] },
      { accountIds: [account!.id] },
      { projectIds: [project!.id, newId()] },
      { tags: ['rare'] },
      { tags: ['unheard-of', 'rare'] },
      { vendor: 'Inkwell Ltd' },
      { projectIds: [project!.id, 'none'], categoryIds: [category!.id] },
      { userId: tenant.ids.memberId },
      { amountMinorTo: 4_200n },
      { amountMinorFrom: 4_200n, amountMinorTo: 4_201n },
      { text: 'vector' },
      { text: '  INKWELL   editor ' },
      { text: '100%' },
      { text: 'off_season' },
      { categoryIds: [category!.id], accountIds: [account!.id], tags: ['rare'], text: 'ink', dateFrom: '2025-01-01' },
    ];
    for (const filter of matching) {
      expect({ filter, found: await ids(tenant.owner, filter) }).toEqual({ filter, found: [wanted.id] });
    }
    const excluding: Partial<messages.ExpenseFilter>[] = [
      { dateFrom: '2025-06-16' },
      { categoryIds: [newId()] },
      { tags: ['rar'] },
      { tags: ['rare', 'office'], eachTag: true },
      { vendor: 'Inkwell' },
      { currency: 'JPY' },
      { paymentMethod: 'check' },
      { userId: newId() },
      { amountMinorFrom: 12_551n },
      { text: 'vector inkwell missing' },
      { text: '% vectors' },
      { text: "' | !:* & <-> vectors" },
      { text: 'ector' },
      { importId: newId() },
    ];
    for (const filter of excluding) {
      expect({ filter, found: await ids(tenant.owner, filter) }).toEqual({ filter, found: [] });
    }
    expect(await ids(tenant.owner, { status: 'reversed' })).toEqual([reversed.id]);
    expect(await ids(tenant.owner, { status: 'all' })).toHaveLength(3);
    expect(await ids(tenant.owner, { status: 'posted' })).toHaveLength(2);
  });

  it('finds by ten words at most, and says so where there are more', async () => {
    const tenant = await ledger.tenant();
    const common = 'a b c d e f g h i j';
    for (const colour of ['red', 'green', 'blue']) await record(tenant.owner, { title: `${common} ${colour}` });
    const totalsOf = (text: string) =>
      ledger.client.getExpenseTotals(tenant.owner, { filter: { ...everything, text } });
    const exportOf = async (text: string) => {
      for await (const part of ledger.client.exportExpenses(tenant.owner, {
        filter: { ...everything, text },
        byteOrderMark: false,
      })) {
        expect(part).toBeUndefined();
      }
    };
    expect(await totalsOf(`${common} A B É é e`)).toMatchObject({ count: 3n });

    const refused = { kind: 'invalid', details: [{ field: 'q', code: 'too_many_words' }] };

    const text = `${common} blue`;
    await expect(list(tenant.owner, { text })).rejects.toMatchObject(refused);
    await expect(totalsOf(text)).rejects.toMatchObject(refused);
    await expect(exportOf(text)).rejects.toMatchObject(refused);
    expect(await ids(tenant.owner, { text: 'blue i j' })).toHaveLength(1);
  });

  it.each(['%_\\', "' | !:* & <->"])('finds by words, and says that there is none in %s', async (text) => {
    const { owner } = await ledger.tenant();
    const refused = { kind: 'invalid', details: [{ field: 'q', code: 'word_missing' }] };

    await expect(list(owner, { text })).rejects.toMatchObject(refused);
    await expect(ledger.client.getExpenseTotals(owner, { filter: { ...everything, text } })).rejects.toMatchObject(
      refused,
    );
  });

  it('finds by several words and another filter what a page of any order does not begin with', async () => {
    const tenant = await ledger.tenant();
    await fillLists(tenant);
    const { category } = await ledger.client.createCategory(tenant.owner, { name: 'Software' });
    const input = { expenseDate: '2019-01-01', title: 'Many vat', tags: ['often', 'once'], categoryId: category!.id };
    const wanted = await record(tenant.owner, input);
    const reversed = await record(tenant.owner, { ...input, title: 'Many vat taken back' });
    await ledger.client.reverseExpense(tenant.owner, { expenseId: reversed.id });
    const cases: [Partial<messages.ExpenseFilter>, string[]][] = [
      [{ text: 'many zzz' }, []],
      [{ text: 'zzz many', status: 'all' }, []],
      [{ text: 'many', amountMinorFrom: 99_999n }, []],
      [{ text: 'many', amountMinorTo: 1_000n, amountMinorFrom: 500n }, []],
      [{ text: 'many odd even' }, []],
      [{ text: 'many odd even', tags: ['often'], status: 'all' }, []],
      [{ tags: ['often'], amountMinorFrom: 99_999n }, []],
      [{ text: 'many vat' }, [wanted.id]],
      [{ text: 'vat many', status: 'all' }, [wanted.id, reversed.id]],
      [{ text: 'many', amountMinorFrom: 2n, status: 'all' }, [wanted.id, reversed.id]],
      [{ text: 'many', tags: ['often', 'once'], eachTag: true }, [wanted.id]],
      [{ text: 'many', tags: ['unheard-of', 'once'], status: 'reversed' }, [reversed.id]],
      [{ text: 'many', categoryIds: [category!.id], status: 'all' }, [wanted.id, reversed.id]],
      [{ tags: ['often'], categoryIds: [category!.id] }, [wanted.id]],
    ];

    for (const [filter, expected] of cases) {
      for (const sort of ['-expense_date', 'expense_date', '-amount', 'amount', '-created_at', 'created_at']) {
        const { expenses } = await list(tenant.owner, filter, { sort });
        const found = expenses.map(({ id }) => id).toSorted();
        expect({ filter, sort, found }).toEqual({ filter, sort, found: expected.toSorted() });
      }
    }
  }, 120_000);

  it('shows members what is theirs, and everyone else of the tenant all of it', async () => {
    const tenant = await ledger.tenant();
    const byMember = await record(tenant.member, {});
    const byOwner = await record(tenant.owner, {});

    expect(await ids(tenant.member, {})).toEqual([byMember.id]);
    expect(await ids(tenant.otherMember, {})).toEqual([]);
    expect(await ids(tenant.member, { userId: tenant.ids.ownerId })).toEqual([]);
    expect(await ids(tenant.member, { userId: tenant.ids.memberId })).toEqual([byMember.id]);
    for (const context of [tenant.owner, tenant.admin, tenant.analyst]) {
      expect((await ids(context, {})).toSorted()).toEqual([byMember.id, byOwner.id].toSorted());
    }
  });

  it('shows one expense to those who see it in the list', async () => {
    const [tenant, other] = [await ledger.tenant(), await ledger.tenant()];
    const byMember = await record(tenant.member, {});
    const get = (context: CallerContext, expenseId = byMember.id) => ledger.client.getExpense(context, { expenseId });

    for (const context of [tenant.member, tenant.owner, tenant.admin, tenant.analyst]) {
      expect((await get(context)).expense).toEqual(byMember);
    }
    for (const context of [tenant.otherMember, other.owner]) {
      await expect(get(context)).rejects.toMatchObject({ kind: 'not_found', code: 'expense_not_found' });
    }
    await expect(get(tenant.owner, newId())).rejects.toMatchObject({ kind: 'not_found', code: 'expense_not_found' });
    await expect(get(tenant.owner, 'nonsense')).rejects.toMatchObject({
      kind: 'invalid',
      details: [{ field: 'expense_id' }],
    });
  });

  it('refuses limits, orders, filters and cursors that are none', async () => {
    const tenant = await ledger.tenant();
    await Promise.all([record(tenant.owner, {}), record(tenant.owner, {})]);
    const { page } = await list(tenant.owner, {}, { limit: 1 });
    const refused = async (filter: Partial<messages.ExpenseFilter>, part: Part) => {
      const error = await list(tenant.owner, filter, part).catch((thrown) => thrown);
      return error.details?.map((detail: { field: string }) => detail.field);
    };

    expect(await refused({}, { limit: 201 })).toEqual(['limit']);
    expect(await refused({}, { limit: -1 })).toEqual(['limit']);
    expect(await refused({}, { cursor: 'nonsense' })).toEqual(['cursor']);
    expect(await refused({}, { sort: 'title' })).toEqual(['sort']);
    expect(await refused({}, { sort: 'expense_date', cursor: page!.nextCursor })).toEqual(['cursor']);
    expect(await refused({ vendor: 'Another' }, { cursor: page!.nextCursor })).toEqual(['cursor']);
    expect(await refused({ dateFrom: '2025-13-01', userId: 'me', status: 'open' }, {})).toEqual([
      'date_from',
      'user_id',
      'status',
    ]);
  });

  it('reads a page along an index, however much there is', async () => {
    const tenant = await ledger.tenant();
    await record(tenant.owner, {});
    await fillLists(tenant);
    const readBefore = await rowsRead();

    const { expenses } = await list(tenant.owner, {});

    expect(expenses).toHaveLength(50);
    expect((await rowsRead()) - readBefore).toBeLessThan(1_000);
  });
});

/** More expenses than a list looks at before it turns to another way: all named `Many`, half of them `odd`, the others `even`. */
async function fillLists({ tenantId, ids }: TestTenant): Promise<void> {
  await ledger.query(
    `insert into ledger.expenses (tenant_id, id, entry_id, entry_recorded_at, currency, amount_minor, booked_currency,
       booked_amount_minor, rate, rate_source, rate_date, title, search_text, tags, expense_date, user_id, created_at, updated_at)
     select $1, gen_random_uuid(), gen_random_uuid(), now(), 'EUR', 1, 'EUR', 1, 1, 'identity', '2025-01-01', 'Many',
       case number % 2 when 0 then ' many even' else ' many odd' end, array['often'],
       date '2020-01-01' + (number % 1000), $2, now(), now()
     from generate_series(1, 20000) as number`,
    [tenantId, ids.ownerId],
  );
  await ledger.query('analyze ledger.expenses');
}

/** Rows of expenses that scans of the table itself have returned, which is none when indices are used. */
async function rowsRead(): Promise<number> {
  await ledger.query('select pg_stat_force_next_flush()');
  const [row] = await ledger.query<{ read: number }>(
    "select seq_tup_read::int as read from pg_stat_user_tables where schemaname = 'ledger' and relname = 'expenses'",
  );
  return row!.read;
}

interface Part {
  sort?: string;
  limit?: number;
  cursor?: string;
}

const list = (context: CallerContext, filter: Partial<messages.ExpenseFilter>, part: Part = {}) =>
  ledger.client.listExpenses(context, {
    filter: { ...everything, ...filter },
    sort: part.sort ?? '',
    page: { limit: part.limit ?? 0, cursor: part.cursor ?? '' },
  });

const ids = async (context: CallerContext, filter: Partial<messages.ExpenseFilter>) =>
  (await list(context, filter)).expenses.map(({ id }) => id);

async function record(context: TestTenant['owner'], different: Parameters<typeof anExpense>[0]) {
  const { expense } = await ledger.client.recordExpense(context, { input: anExpense(different) });
  return expense!;
}
