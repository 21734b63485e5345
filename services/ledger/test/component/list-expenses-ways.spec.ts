import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import pg from 'pg';
import type { ExpenseFilter } from '../../src/store/expense-filter.ts';
import { expenseOrder, expenseSorts } from '../../src/store/expense-order.ts';
import { type ExpensePosition, type ListLimits, listExpensesStatement } from '../../src/store/list-expenses.ts';
import { startLedger, type TestLedger, type TestTenant } from './driver/start-ledger.ts';

let ledger: TestLedger;
let tenant: TestTenant;
let session: pg.Client;
let all: Kept[];

interface Kept {
  id: string;
  status: 'posted' | 'reversed';
  words: string[];
  tags: string[];
  user_id: string;
  expense_date: string;
  amount: string;
  created: string;
}

/** Long ones are cut in the table of terms, so that those of two words are the same. */
const long = 'x'.repeat(70);
const words = ['even', 'evening', 'event', 'odd', 'old', 'all', 'every', `${long}a`, `${long}b`, 'e1', 'e2', 'e3'];
const tags = ['often', 'oftener', 'once'];

beforeAll(async () => {
  ledger = await startLedger();
  tenant = await ledger.tenant();
  const other = await ledger.tenant();
  for (const { tenantId, ids } of [tenant, other]) {
    // Few dates and amounts, so that many are equal.
    await ledger.query(
      `insert into ledger.expenses (tenant_id, id, entry_id, entry_recorded_at, currency, amount_minor, booked_currency,
         booked_amount_minor, rate, rate_source, rate_date, title, search_text, tags, expense_date, user_id, status,
         created_at, updated_at)
       select $1, gen_random_uuid(), gen_random_uuid(), now(), 'EUR', 1 + number % 7, 'EUR', 1 + number % 7, 1, 'identity',
         '2025-01-01', 'One', (select string_agg(' ' || word, '' order by word) from unnest($2::text[])
           with ordinality as given (word, place) where (number * 7919 / place) % 3 <> 1),
         array(select tag from unnest($3::text[]) with ordinality as given (tag, place) where number % (place + 1) = 0),
         date '2025-01-01' + number % 11, case number % 4 when 0 then $4::uuid else $5 end,
         case number % 9 when 0 then 'reversed' else 'posted' end, now() + (number % 40) * interval '1 microsecond', now()
       from generate_series(1, 240) as number`,
      [tenantId, words, tags, ids.memberId, ids.ownerId],
    );
  }
  all = await ledger.query<Kept & pg.QueryResultRow>(
    `select id, status, string_to_array(trim(search_text), ' ') as words, tags, user_id, expense_date::text,
       booked_amount_minor::text as amount, to_char(created_at at time zone 'UTC', 'YYYYMMDDHH24MISSUS') as created
     from ledger.expenses where tenant_id = $1`,
    [tenant.tenantId],
  );
  session = new pg.Client({
    connectionString: ledger.database.urlFor('ledger'),
    options: '-c enable_sort=off -c jit=off -c plan_cache_mode=force_generic_plan -c enable_seqscan=off',
  });
  await session.connect();
}, 120_000);
afterAll(async () => {
  await session?.end();
  await ledger.stop();
});

const filters = () =>
  fc.record(
    {
      status: fc.constantFrom('posted' as const, 'reversed' as const),
      // Beginnings of one word, of a few, and of more than there are lists.
      words: fc.array(fc.constantFrom(...words, 'even', 'ev', 'o', 'e', long, 'nowhere'), {
        minLength: 1,
        maxLength: 4,
      }),
      tags: fc.subarray([...tags, 'unheard-of'], { minLength: 1 }),
      isEachTag: fc.boolean(),
      dateFrom: fc.constantFrom('2025-01-02', '2025-01-05'),
      dateTo: fc.constantFrom('2025-01-06', '2025-01-09'),
      userId: fc.constantFrom(tenant.ids.memberId, tenant.ids.ownerId),
      amountMinorTo: fc.constantFrom(0n, 5n),
    },
    { requiredKeys: [] },
  );

/** So low that each way of finding a page is taken, and given up for the next one, among a few hundred expenses. */
const limitsOfAll = (): fc.Arbitrary<ListLimits> =>
  fc.record({
    lookedAt: fc.constantFrom(1, 20),
    terms: fc.constantFrom(0, 100),
    termsAlone: fc.constantFrom(0, 10, 60, 200),
    ahead: fc.constantFrom(0, 30, 1_000),
  });

describe('the ways of finding a page', () => {
  it('come to the same expenses in the same order, each once over all pages', async () => {
    const property = fc.asyncProperty(
      filters(),
      fc.constantFrom(...expenseSorts),
      limitsOfAll(),
      fc.integer({ min: 1, max: 50 }),
      async (filter, sort, limits, count) => {
        const shown = await pages(filter, sort, limits, count);

        const expected = all.filter((expense) => matches(expense, filter)).sort(comparing(sort));
        expect(shown).toEqual(expected.map(({ id }) => id));
      },
    );
    await fc.assert(property, { numRuns: 300 });
  }, 240_000);

  it.each(expenseSorts)('merge the lists of two words in the order of %s', async (sort) => {
    for (const filter of [
      { words: ['even', 'odd'] },
      { words: ['old', 'ev'], status: 'posted' as const },
      { tags: ['often', 'once'], isEachTag: true },
      { words: [`${long}a`, 'odd'], tags: ['often'] },
      { words: ['even', 'odd'], userId: tenant.ids.memberId },
    ]) {
      const limits = { lookedAt: 1, terms: 0, termsAlone: 30, ahead: 10 };

      const shown = await pages(filter, sort, limits, 7);

      const expected = all.filter((expense) => matches(expense, filter)).sort(comparing(sort));
      expect(shown).toEqual(expected.map(({ id }) => id));
      expect(shown.length).toBeGreaterThan(5);
    }
  });
});

describe('an index that holds a part of the expenses', () => {
  it.each([
    ['a vendor', { vendor: 'Ley' }, 'expenses_by_vendor'],
    ['a foreign currency', { currency: { code: 'USD', isForeign: true } }, 'expenses_by_currency'],
    ['a way to pay', { paymentMethod: 'cash' }, 'expenses_by_payment_method'],
  ])('leads to those of %s, whichever it is', async (_, filter, index) => {
    const wanted = {
      filter: { ...filter, status: 'posted' as const },
      order: expenseOrder('-expense_date'),
      after: undefined,
    };

    expect(await indicesOf(listExpensesStatement(tenant.tenantId, { ...wanted, count: 50 }))).toContain(index);
  });
});

/** The indices of the plan that is made once for all values, as it is of a statement that is often run. */
async function indicesOf({ statement, values }: ReturnType<typeof listExpensesStatement>): Promise<string[]> {
  await session.query('begin; set local plan_cache_mode = force_generic_plan; set local enable_seqscan = off');
  try {
    await session.query(`prepare looked_at as ${statement.text}`);
    const given = values.map((value) => pg.escapeLiteral(String(value))).join();
    const { rows } = await session.query(`explain (format json) execute looked_at (${given})`);
    return JSON.stringify(rows).match(/(?<="Index Name":")[^"]+/g) ?? [];
  } finally {
    await session.query('rollback; deallocate looked_at');
  }
}

async function pages(
  filter: ExpenseFilter,
  sort: (typeof expenseSorts)[number],
  limits: ListLimits,
  count: number,
): Promise<string[]> {
  const shown: string[] = [];
  let after: ExpensePosition | undefined;
  do {
    const wanted = { filter, order: expenseOrder(sort), after, count };
    const { statement, values } = listExpensesStatement(tenant.tenantId, wanted, limits);
    const { rows } = await session.query(statement.text, values);
    shown.push(...rows.map(({ id }) => id));
    const last = rows.length === count ? rows.at(-1) : undefined;
    after = last && { key: last.sort_key, id: last.id };
  } while (after && shown.length <= all.length);
  return shown;
}

/** The filter once more, in plain words. */
function matches(expense: Kept, filter: ExpenseFilter): boolean {
  const { dateFrom = '', dateTo = '9999', userId, status, amountMinorTo, isEachTag } = filter;
  return [
    status === undefined || expense.status === status,
    filter.words?.every((word) => expense.words.some((one) => one.startsWith(word))) ?? true,
    filter.tags?.[isEachTag ? 'every' : 'some']((tag) => expense.tags.includes(tag)) ?? true,
    expense.expense_date >= dateFrom && expense.expense_date <= dateTo,
    userId === undefined || expense.user_id === userId,
    amountMinorTo === undefined || BigInt(expense.amount) <= amountMinorTo,
  ].every(Boolean);
}

function comparing(sort: (typeof expenseSorts)[number]) {
  const sign = sort.startsWith('-') ? -1 : 1;
  const key = (expense: Kept): string =>
    sort.endsWith('amount') ? expense.amount : sort.endsWith('created_at') ? expense.created : expense.expense_date;
  return (left: Kept, right: Kept) => sign * (key(left).localeCompare(key(right)) || (left.id < right.id ? -1 : 1));
}
