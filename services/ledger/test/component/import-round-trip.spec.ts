import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ledger } from '@outlay/contracts';
import type { CallerContext } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { anExpense, everything, startLedger, type TestLedger, type TestTenant } from './driver/start-ledger.ts';
import { uploadOf } from './import-driver.ts';

let books: TestLedger;
beforeAll(async () => {
  books = await startLedger();
});
afterAll(() => books.stop());

async function exported(context: CallerContext): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  const request = { filter: everything, sort: 'expense_date', byteOrderMark: true };
  for await (const { chunk } of books.client.exportExpenses(context, request)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function take(context: CallerContext, file: Buffer): Promise<ledger.Import> {
  const started = await books.client.startImport(context, uploadOf(file, 'export.csv'), { deadlineMs: 30_000 });
  return eventually(
    async () => {
      const answer = await books.client.getImport(context, { importId: started.import!.id });
      expect(answer.import!.status).toBe('completed');
      return answer.import!;
    },
    { timeoutMs: 30_000 },
  );
}

/** What a tenant's expenses say, but for whose they are and when they came. */
async function sayingOf({ tenantId, owner }: TestTenant) {
  const { expenses } = await books.client.listExpenses(owner, {
    filter: everything,
    sort: 'expense_date',
    page: undefined,
  });
  const { categories } = await books.client.listCategories(owner, {
    page: undefined,
    query: '',
    archived: '',
    parentId: '',
  } as never);
  const { accounts } = await books.client.listAccounts(owner, {
    page: undefined,
    query: '',
    archived: '',
    kind: '',
  } as never);
  const [{ postings } = { postings: 0 }] = await books.query(
    'select coalesce(sum(abs(amount_minor)), 0)::int as postings from ledger.postings where tenant_id = $1',
    [tenantId],
  );
  return {
    postings,
    categories: categories.map(({ path }) => path).toSorted(),
    accounts: accounts.map(({ name, kind, currency }) => [name, kind, currency]),
    expenses: expenses.map((expense) => ({
      ...{ title: expense.title, description: expense.description, vendor: expense.vendor, tags: expense.tags },
      ...{ amount: expense.amount, booked: expense.booked, day: expense.expenseDate, method: expense.paymentMethod },
      ...{ rate: expense.rate?.rate, rateDate: expense.rate?.date, source: expense.rate?.source },
      names: [expense.category?.name, expense.account?.name, expense.project?.name],
    })),
  };
}

async function furnish({ owner }: TestTenant): Promise<void> {
  const { client } = books;
  const category = async (name: string, parentId?: string) =>
    (await client.createCategory(owner, { name, parentId, description: undefined })).category!.id;
  const travel = await category('Travel/Abroad');
  const categoryId = await category('Trains', travel);
  const card = { name: '=Card', kind: 'card', currency: 'USD', description: undefined, openingBalance: undefined };
  const accountId = (await client.createAccount(owner, card)).account!.id;
  const projectId = (
    await client.createProject(owner, { name: "'+Web", code: undefined, description: undefined } as never)
  ).project!.id;
  const record = (different: Partial<ledger.ExpenseInput>) =>
    client.recordExpense(owner, { input: anExpense({ categoryId, accountId, projectId, ...different }) });
  await record({
    title: '=1+1',
    description: 'two\nlines, "quoted"; and more',
    vendor: '@home',
    tags: ['a;b', 'c\\d', '-e'],
  });
  await record({
    ...{ title: "'quoted'", amount: { currency: 'USD', amountMinor: 1_234n }, exchangeRate: '0.912345' },
    ...{ expenseDate: '2025-01-16', tags: ['😀'.repeat(50)] },
  });
  await record({
    ...{ title: '😀'.repeat(200), amount: { currency: 'JPY', amountMinor: -500n }, exchangeRate: '0.0061' },
    ...{ expenseDate: '2025-01-17', categoryId: '', accountId: '', projectId: '', paymentMethod: '', vendor: '' },
  });
  // Equal to the one before in all that it says.
  await record({ expenseDate: '2025-01-18' });
  await record({ expenseDate: '2025-01-18' });
}

describe('an export of expenses', () => {
  it('comes into another tenant as it was, and once', async () => {
    const [tenant, other] = [await books.tenant(), await books.tenant()];
    await furnish(tenant);
    const file = await exported(tenant.owner);

    const done = await take(other.owner, file);

    expect(done).toMatchObject({ imported: 5, duplicates: 0, refused: 0, format: { kind: 'outlay' } });
    expect(await sayingOf(other)).toEqual(await sayingOf(tenant));
    expect(await take(other.owner, file)).toMatchObject({ imported: 0, duplicates: 5 });
    expect(await take(other.owner, await exported(other.owner))).toMatchObject({ imported: 0, duplicates: 5 });
  });

  it('adds nothing where it is from, edited and reversed meanwhile or not', async () => {
    const tenant = await books.tenant();
    await furnish(tenant);
    const file = await exported(tenant.owner);
    const before = await sayingOf(tenant);
    const { expenses } = await books.client.listExpenses(tenant.owner, {
      filter: everything,
      sort: '',
      page: undefined,
    });
    await books.client.reverseExpense(tenant.owner, { expenseId: expenses[0]!.id, version: undefined });

    expect(await take(tenant.owner, file)).toMatchObject({ imported: 0, duplicates: 5 });

    expect((await sayingOf(tenant)).expenses).toHaveLength(before.expenses.length - 1);
  });

  it('leaves out what was not in the books', async () => {
    const [tenant, other] = [await books.tenant(), await books.tenant()];
    await furnish(tenant);
    const file = (await exported(tenant.owner)).toString().replace(',posted,', ',reversed,');

    expect(await take(other.owner, Buffer.from(file))).toMatchObject({ imported: 4, skipped: 1 });
  });
});
