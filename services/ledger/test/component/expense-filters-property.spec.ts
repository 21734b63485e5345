import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ledger as messages } from '@outlay/contracts';
import fc from 'fast-check';
import { anExpense, everything, startLedger, type TestLedger, type TestTenant } from './driver/start-ledger.ts';

let ledger: TestLedger;
let tenant: TestTenant;
let all: messages.Expense[];
let above: Map<string, string>;
let ids: { categories: string[]; accounts: string[]; projects: string[] };

const words = ['café', 'CAFETERIA', 'Ångström', 'straße', 'paper', 'no-frills', '12.50'];
const tags = ['office', 'travel', 'rare'];
const vendors = ['', 'Inkwell', 'Inkwell Ltd', "O'Brien; Söhne"];
const methods = ['', 'cash', 'check'];
const at = <T>(list: readonly T[], index: number): T => list[index % list.length]!;

beforeAll(async () => {
  ledger = await startLedger();
  tenant = await ledger.tenant();
  const category = async (name: string, parentId = '') => {
    const { category } = await ledger.client.createCategory(tenant.owner, { name, parentId, description: '' });
    return category!.id;
  };
  const top = await category('Travel');
  const middle = await category('Trains', top);
  const deep = await category('Night trains', middle);
  const other = await category('Office');
  above = new Map([
    [middle, top],
    [deep, middle],
  ]);
  const account = await ledger.client.createAccount(tenant.owner, {
    ...{ name: 'Card', kind: 'card', currency: 'EUR', description: '', openingBalance: undefined },
  });
  const project = await ledger.client.createProject(tenant.owner, { name: 'Website', code: '', description: '' });
  ids = { categories: [top, middle, deep, other], accounts: [account.account!.id], projects: [project.project!.id] };
  const makers = [tenant.owner, tenant.owner, tenant.admin, tenant.member];
  for (let n = 0; n < 60; n++) {
    const isForeign = n % 9 === 4;
    const { expense } = await ledger.client.recordExpense(at(makers, n), {
      input: anExpense({
        amount: { currency: isForeign ? 'USD' : 'EUR', amountMinor: BigInt(((n * 37) % 11) * 100 - 300 || 1) },
        exchangeRate: isForeign ? '0.5' : '',
        title: `${at(words, n)} ${at(words, n * 3)}`,
        description: at(words, n * 5 + 1),
        vendor: at(vendors, n),
        categoryId: n % 5 === 4 ? '' : at(ids.categories, n),
        accountId: n % 2 === 0 ? at(ids.accounts, 0) : '',
        projectId: n % 3 === 0 ? at(ids.projects, 0) : '',
        expenseDate: `2025-0${(n % 4) + 1}-0${(n % 7) + 1}`,
        paymentMethod: at(methods, n),
        tags: tags.filter((_, index) => (n >> index) % 2 === 1),
      }),
    });
    if (n % 8 === 3) await ledger.client.reverseExpense(tenant.owner, { expenseId: expense!.id });
  }
  all = await read(tenant.owner, { status: 'all' }, 'created_at', 200);
}, 120_000);
afterAll(() => ledger.stop());

const some = <T>(values: readonly T[]) => fc.subarray([...values]);
const maybe = <T>(value: fc.Arbitrary<T>, none: T) => fc.option(value, { nil: none, freq: 2 });

const filters = () =>
  fc.record({
    dateFrom: maybe(fc.constantFrom('2025-01-03', '2025-03-01'), ''),
    dateTo: maybe(fc.constantFrom('2025-02-02', '2025-04-30'), ''),
    categoryIds: maybe(some([...ids.categories, 'none']), []),
    accountIds: maybe(some([...ids.accounts, 'none']), []),
    projectIds: maybe(some([...ids.projects, 'none']), []),
    tags: maybe(some(tags), []),
    eachTag: fc.boolean(),
    userId: maybe(fc.constantFrom(tenant.ids.ownerId, tenant.ids.memberId), ''),
    status: fc.constantFrom('', 'posted', 'reversed', 'all'),
    amountMinorFrom: maybe(fc.constantFrom<bigint | undefined>(-100n, 200n), undefined),
    amountMinorTo: maybe(fc.constantFrom<bigint | undefined>(0n, 400n), undefined),
    text: maybe(fc.constantFrom('cafe', 'CAFÉ pap', 'strasse', 'angstr', 'frills', '50', 'inkw'), ''),
    vendor: maybe(fc.constantFrom('Inkwell', "O'Brien; Söhne"), ''),
    currency: maybe(fc.constantFrom('EUR', 'USD', 'JPY'), ''),
    paymentMethod: maybe(fc.constantFrom('cash', 'check', 'other'), ''),
    importId: fc.constant(''),
  });

const sorts = ['-expense_date', 'expense_date', '-amount', 'amount', '-created_at', 'created_at'] as const;

describe('any filter in any order', () => {
  it('shows what matches it and nothing else, each once over all pages', async () => {
    const property = fc.asyncProperty(
      filters(),
      fc.constantFrom(...sorts),
      fc.integer({ min: 1, max: 30 }),
      fc.boolean(),
      async (filter, sort, limit, isMember) => {
        const context = isMember ? tenant.member : tenant.owner;

        const shown = await read(context, filter, sort, limit);

        const visible = all.filter((expense) => !isMember || expense.userId === tenant.ids.memberId);
        const expected = visible.filter((expense) => matches(expense, filter)).sort(comparing(sort));
        expect(shown.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
        const totals = await ledger.client.getExpenseTotals(context, { filter });
        expect(Number(totals.count)).toBe(expected.length);
        const booked = expected.reduce((sum, expense) => sum + expense.booked!.amountMinor, 0n);
        expect(totals).toMatchObject({ bookedCurrency: 'EUR', bookedMinor: String(booked) });
      },
    );
    await fc.assert(property, { numRuns: 120 });
  }, 120_000);
});

async function read(
  context: TestTenant['owner'],
  filter: Partial<messages.ExpenseFilter>,
  sort: string,
  limit: number,
): Promise<messages.Expense[]> {
  const shown: messages.Expense[] = [];
  let cursor = '';
  do {
    const request = { filter: { ...everything, ...filter }, sort, page: { limit, cursor } };
    const answer = await ledger.client.listExpenses(context, request);
    shown.push(...answer.expenses);
    cursor = answer.page!.nextCursor;
  } while (cursor !== '');
  return shown;
}

/** The filter once more, in plain words. */
function matches(expense: messages.Expense, filter: messages.ExpenseFilter): boolean {
  const booked = expense.booked!.amountMinor;
  const lineage = (id: string | undefined): string[] => (id === undefined ? [] : [id, ...lineage(above.get(id))]);
  const isIn = (wanted: string[], own: string[]) =>
    wanted.length === 0 || (own.length === 0 ? wanted.includes('none') : own.some((id) => wanted.includes(id)));
  const found = wordsOf(`${expense.title} ${expense.description} ${expense.vendor}`);
  return [
    filter.dateFrom === '' || expense.expenseDate >= filter.dateFrom,
    filter.dateTo === '' || expense.expenseDate <= filter.dateTo,
    isIn(filter.categoryIds, lineage(expense.category?.id)),
    isIn(filter.accountIds, expense.account ? [expense.account.id] : []),
    isIn(filter.projectIds, expense.project ? [expense.project.id] : []),
    filter.tags.length === 0 || filter.tags[filter.eachTag ? 'every' : 'some']((tag) => expense.tags.includes(tag)),
    filter.userId === '' || expense.userId === filter.userId,
    filter.status === 'all' || expense.status === (filter.status || 'posted'),
    filter.amountMinorFrom === undefined || booked >= filter.amountMinorFrom,
    filter.amountMinorTo === undefined || booked <= filter.amountMinorTo,
    filter.vendor === '' || expense.vendor === filter.vendor,
    filter.currency === '' || expense.amount!.currency === filter.currency,
    filter.paymentMethod === '' || expense.paymentMethod === filter.paymentMethod,
    wordsOf(filter.text).every((word) => found.some((one) => one.startsWith(word))),
  ].every(Boolean);
}

/** What people take for a word of these texts; `ß` is a letter of its own. */
const plain: Record<string, string> = { é: 'e', å: 'a', ö: 'o', ø: 'o' };
const wordsOf = (text: string): string[] =>
  text
    .toLowerCase()
    .replace(/[éåöø]/g, (letter) => plain[letter] ?? letter)
    .split(/[^a-z0-9ß]+/)
    .filter((word) => word !== '');

function comparing(sort: (typeof sorts)[number]) {
  const place = new Map(all.map(({ id }, index) => [id, index]));
  const key = (expense: messages.Expense): number => {
    if (sort.endsWith('amount')) return Number(expense.booked!.amountMinor);
    if (sort.endsWith('created_at')) return place.get(expense.id)!;
    return Date.parse(expense.expenseDate);
  };
  const sign = sort.startsWith('-') ? -1 : 1;
  return (left: messages.Expense, right: messages.Expense) =>
    sign * (key(left) - key(right) || (left.id < right.id ? -1 : 1));
}
