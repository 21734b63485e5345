import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { events as catalogue } from '@outlay/contracts';
import { createDatabase, createSilentLogger, type Database, newId, systemContext, toTenantId } from '@outlay/platform';
import { type BookableExpense, bookExpense } from '../../src/domain/booking.ts';
import { ensureReferences } from '../../src/store/ensure-references.ts';
import { postExpenses } from '../../src/store/post-expenses.ts';
import { startLedger, type TestLedger, type TestTenant } from './driver/start-ledger.ts';

let ledger: TestLedger;
let database: Database;
beforeAll(async () => {
  ledger = await startLedger();
  database = createDatabase({
    url: ledger.database.urlFor('ledger'),
    applicationName: 'posting test',
    logger: createSilentLogger(),
  });
});
afterAll(async () => {
  await database.close();
  await ledger.stop();
});

const anExpense = (different: Partial<BookableExpense> = {}): BookableExpense => ({
  amount: { currency: 'EUR', amountMinor: 4_200n },
  booked: { currency: 'EUR', amountMinor: 4_200n },
  rate: { rate: '1', source: 'identity', date: '2017-01-03' },
  expenseDate: '2017-01-03',
  categoryId: undefined,
  accountId: undefined,
  projectId: undefined,
  title: 'Fuel "premium" \\ {odd}',
  description: '',
  paymentMethod: 'credit_card',
  tags: ['Adult & Communities', 'with, comma', 'with "quotes"'],
  vendor: "O'Brien; Söhne",
  ...different,
});

describe('booking many expenses at once', () => {
  it('does for each what recording one does', async () => {
    const tenant = await ledger.tenant();
    const context = contextOf(tenant);
    const importId = newId();

    const bookings = await database.withTenant(context, async (session) => {
      const { categories, accounts } = await ensureReferences(session, context, {
        categories: ['Vehicle Fuel'],
        accounts: [{ name: 'Card 5770', kind: 'card', currency: 'USD' }],
      });
      const account = accounts.get('Card 5770')!;
      const expenses = [
        anExpense({ categoryId: categories.get('Vehicle Fuel')!.id }),
        anExpense({ amount: { currency: 'EUR', amountMinor: -10n }, booked: { currency: 'EUR', amountMinor: -10n } }),
        anExpense({
          amount: { currency: 'USD', amountMinor: 12_550n },
          rate: { rate: '0.334661354582', source: 'billed', date: '2017-01-03' },
          accountId: account.id,
        }),
      ];
      const made = expenses.map((expense) =>
        bookExpense(expense, {
          newId,
          userId: tenant.ids.ownerId,
          importId,
          accountCurrency: expense.accountId && account.currency,
        }),
      );
      await postExpenses(session, context, made);
      return made;
    });

    const announced = (await ledger.events(tenant.tenantId)).filter(({ type }) => type.includes('expense.recorded'));
    expect(announced.map(({ subject }) => subject)).toEqual(bookings.map(({ expenseId }) => expenseId));
    for (const [index, { expenseId, expense, entry }] of bookings.entries()) {
      const read = await ledger.client.getExpense(tenant.owner, { expenseId });
      expect(read.expense).toMatchObject({
        amount: expense.amount,
        booked: expense.booked,
        rate: expense.rate,
        title: expense.title,
        tags: expense.tags,
        vendor: expense.vendor,
        entryId: entry.id,
        importId,
        version: 1n,
        status: 'posted',
      });
      const data = catalogue['outlay.ledger.expense.recorded.v1'].codec.fromJSON(announced[index]!.data);
      expect(data).toEqual(read);
    }
    expect((await ledger.client.getExpense(tenant.owner, { expenseId: bookings[0]!.expenseId })).expense).toMatchObject(
      {
        category: { name: 'Vehicle Fuel' },
      },
    );
    const [counts] = await ledger.query(
      `select
         (select count(*)::int from ledger.postings where tenant_id = $1) as postings,
         (select count(*)::int from ledger.audit_entries where tenant_id = $1 and entity = 'expense') as audits,
         (select currency_fixed_at is not null from ledger.tenants where tenant_id = $1) as is_fixed`,
      [tenant.tenantId],
    );
    expect(counts).toEqual({ postings: 8, audits: 3, is_fixed: true });
  });

  it('is all or nothing', async () => {
    const tenant = await ledger.tenant();
    const context = contextOf(tenant);
    const [good, bad] = [anExpense(), anExpense()].map((expense) => bookExpense(expense, given(tenant)));
    const [first, ...others] = bad!.entry.postings;
    const unbalanced = {
      ...bad!,
      entry: { ...bad!.entry, postings: [{ ...first!, amountMinor: first!.amountMinor + 1n }, ...others] },
    };

    const posting = database.withTenant(context, (session) => postExpenses(session, context, [good!, unbalanced]));

    await expect(posting).rejects.toMatchObject({ constraint: 'journal_is_balanced' });
    expect(await ledger.events(tenant.tenantId)).toEqual([]);
    expect(await ledger.query('select id from ledger.expenses where tenant_id = $1', [tenant.tenantId])).toEqual([]);
  });

  it('refuses what was converted into another currency than the tenant’s', async () => {
    const tenant = await ledger.tenant({ currency: 'GBP' });
    const context = contextOf(tenant);

    const posting = database.withTenant(context, (session) =>
      postExpenses(session, context, [bookExpense(anExpense(), given(tenant))]),
    );

    await expect(posting).rejects.toMatchObject({ kind: 'conflict', code: 'currency_changed' });
    const [stored] = await ledger.query('select currency_fixed_at from ledger.tenants where tenant_id = $1', [
      tenant.tenantId,
    ]);
    expect(stored).toEqual({ currency_fixed_at: null });
  });

  it('refuses references of another tenant', async () => {
    const [tenant, other] = [await ledger.tenant(), await ledger.tenant()];
    const { category } = await ledger.client.createCategory(other.owner, { name: 'Theirs' });
    const context = contextOf(tenant);

    const posting = database.withTenant(context, (session) =>
      postExpenses(session, context, [bookExpense(anExpense({ categoryId: category!.id }), given(tenant))]),
    );

    await expect(posting).rejects.toMatchObject({ code: '23503' });
  });
});

describe('ensuring references', () => {
  it('finds by the exact name and makes what is missing, once and announced', async () => {
    const [tenant, other] = [await ledger.tenant(), await ledger.tenant()];
    const { category } = await ledger.client.createCategory(tenant.owner, { name: 'Vehicle Fuel' });
    const context = contextOf(tenant);

    const found = await database.withTenant(context, (session) =>
      ensureReferences(session, context, {
        categories: ['VEHICLE FUEL', 'Vehicle Fuel', 'Catering', 'Catering', 'Ärzte'],
        projects: ['Moseley Day Centre'],
      }),
    );

    const id = (name: string) => found.categories.get(name)!.id;
    expect(id('Vehicle Fuel')).toBe(category!.id);
    expect(id('VEHICLE FUEL')).not.toBe(category!.id);
    expect(found.projects.get('Moseley Day Centre')).toMatchObject({ name: 'Moseley Day Centre' });
    const types = (await ledger.events(tenant.tenantId)).map(({ type }) => type);
    expect(types.filter((type) => type.includes('category'))).toHaveLength(4);
    expect(types.filter((type) => type.includes('project'))).toHaveLength(1);
    expect(await ledger.events(other.tenantId)).toEqual([]);
  });

  it('gives everyone the same when many ask for the same at once, in any order', async () => {
    const tenant = await ledger.tenant();
    const context = contextOf(tenant);
    const names = Array.from({ length: 40 }, (_, index) => `Project ${index}`);

    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        database.withTenant(context, (session) =>
          ensureReferences(session, context, { projects: index % 2 === 0 ? names : names.toReversed() }),
        ),
      ),
    );

    for (const { projects } of answers) {
      for (const name of names) expect(projects.get(name)!.id).toBe(answers[0]!.projects.get(name)!.id);
    }
    expect(await ledger.events(tenant.tenantId)).toHaveLength(40);
  });
});

describe('ensuring a place in the tree of categories', () => {
  const names = Array.from({ length: 9 }, (_, index) => `Level ${index + 1}`);
  const pathsOf = async (tenant: TestTenant) => {
    const { categories } = await ledger.client.listCategories(tenant.owner, { page: undefined });
    return categories.map(({ path }) => path).toSorted((a, b) => (a.join() < b.join() ? -1 : 1));
  };

  it('makes eight levels, and what would be deeper at the top', async () => {
    const tenant = await ledger.tenant();
    const context = contextOf(tenant);

    await database.withTenant(context, (session) => ensureReferences(session, context, { categoryPaths: [names] }));

    expect(await pathsOf(tenant)).toEqual([
      ...names.slice(0, 8).map((_, index) => names.slice(0, index + 1)),
      names.slice(8),
    ]);
  });
});

const contextOf = (tenant: TestTenant) => ({
  ...systemContext(toTenantId(tenant.tenantId)),
  actor: { kind: 'user' as const, id: tenant.ids.ownerId },
});

const given = (tenant: TestTenant) => ({ newId, userId: tenant.ids.ownerId });
