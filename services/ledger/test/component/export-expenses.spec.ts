import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ledger as messages } from '@outlay/contracts';
import { createDatabase, createSilentLogger, systemContext, toTenantId } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { exportExpenses } from '../../src/application/export-expenses.ts';
import { createTenantPlaces } from '../../src/application/tenant-places.ts';
import { exportHeader } from '../../src/imports/file/export-columns.ts';
import { anExpense, everything, startLedger, type TestLedger, type TestTenant } from './driver/start-ledger.ts';

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await startLedger();
});
afterAll(() => ledger.stop());

type Context = TestTenant['owner'];
type Row = Record<(typeof exportHeader)[number], string>;

async function exported(
  context: Context,
  filter: Partial<messages.ExpenseFilter> = {},
  { byteOrderMark = false } = {},
): Promise<string> {
  const chunks: Uint8Array[] = [];
  const request = { filter: { ...everything, ...filter }, byteOrderMark };
  for await (const { chunk } of ledger.client.exportExpenses(context, request)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

const rowsOf = (file: string): Row[] => parse(file, { columns: true, bom: true });

/** What PUT into other books must come out of them again. */
const told = ({ id, user_id, created_at, rate_source, ...rest }: Row) => rest;

/** Of whatever kind a line break was, it comes back as a line feed. */
const withLineFeeds = <R extends { description: string }>(row: R): R => ({
  ...row,
  description: row.description.replaceAll(/\r\n?/g, '\n'),
});

async function importFile(context: Context, file: string): Promise<messages.Import> {
  const bytes = Buffer.from(file);
  async function* parts(): AsyncGenerator<messages.StartImportRequest> {
    yield { part: { $case: 'file', value: { ...aFile } } };
    yield { part: { $case: 'chunk', value: bytes } };
    yield { part: { $case: 'end', value: { size: BigInt(bytes.length) } } };
  }
  // The ledger serves before the place for its jobs is made.
  const started = await eventually(() => ledger.client.startImport(context, parts()), { timeoutMs: 30_000 });
  return eventually(
    async () => {
      const found = await ledger.client.getImport(context, { importId: started.import!.id });
      if (found.import!.status !== 'completed') throw new Error(`still ${found.import!.status}`);
      return found.import!;
    },
    { timeoutMs: 30_000 },
  );
}

const aFile: messages.ImportFile = {
  ...{ name: 'expenses.csv', contentType: 'text/csv', dryRun: false, mapping: undefined, mappingId: '' },
};

const marks = ['=', '+', '-', '@', '＝', "'", '"', ',', ';', '/', '\\', '\t', ' ', 'a', '7', 'é', '😀', '．'];
const line = (max: number) =>
  fc
    .string({ unit: fc.constantFrom(...marks), minLength: 1, maxLength: max })
    .map((text) => text.trim())
    .filter((text) => text !== '');
const lines = fc
  .string({ unit: fc.constantFrom(...marks, '\n', '\r\n', '\r', '\uFEFF'), maxLength: 30 })
  .map((text) => text.trim());

const expenses = fc.record({
  title: line(30),
  description: lines,
  vendor: fc.oneof(fc.constant(''), line(12)),
  tags: fc.uniqueArray(line(6), { maxLength: 3 }),
  amountMinor: fc.integer({ min: -99_999, max: 99_999 }).filter((minor) => minor !== 0),
  money: fc.constantFrom(
    { currency: 'EUR', exchangeRate: '' },
    { currency: 'JPY', exchangeRate: '0.00612' },
    { currency: 'KWD', exchangeRate: '3.0123' },
  ),
  paymentMethod: fc.constantFrom('', 'cash', 'bank_transfer'),
  day: fc.integer({ min: 1, max: 28 }),
  place: fc.record({ category: fc.nat(3), account: fc.nat(2), project: fc.nat(1) }),
});

describe('an export of expenses', () => {
  it('comes back as equal expenses in other books, and as duplicates in its own', async () => {
    const property = fc.asyncProperty(
      fc.array(expenses, { minLength: 5, maxLength: 12 }),
      fc.array(line(12), { minLength: 4, maxLength: 4 }),
      async (given, names) => {
        const [ours, theirs] = [await ledger.tenant(), await ledger.tenant()];
        await record(ours, given, names);

        const file = await exported(ours.owner);
        const brought = await importFile(theirs.owner, file);
        const again = await importFile(ours.owner, file);

        expect(brought).toMatchObject({ imported: given.length, refused: 0 });
        const back = rowsOf(await exported(theirs.owner)).map(told);
        const order = (rows: object[]) => rows.map((row) => JSON.stringify(row)).sort();
        expect(order(back)).toEqual(order(rowsOf(file).map(told).map(withLineFeeds)));
        expect(again).toMatchObject({ imported: 0, duplicates: given.length, refused: 0 });
      },
    );
    await fc.assert(property, { numRuns: 6, endOnFailure: true });
  }, 180_000);

  it('leaves numbers as they are, and spreadsheets nothing to compute', async () => {
    const tenant = await ledger.tenant();
    const input = anExpense({
      ...{
        title: '=HYPERLINK("http://x")',
        vendor: '+1',
        description: '@a;＝b;\r\n=c\r;\t-d;',
        tags: ['-b;=c', 'd\\', '=e'],
      },
      amount: { currency: 'EUR', amountMinor: -4_200n },
    });
    await ledger.client.recordExpense(tenant.owner, { input });

    const file = await exported(tenant.owner, {}, { byteOrderMark: true });

    expect(file.startsWith(`\uFEFF${exportHeader.join()}\r\n`)).toBe(true);
    expect(rowsOf(file)).toMatchObject([
      {
        ...{ amount: '-42.00', booked_amount: '-42.00', exchange_rate: '1', title: '\'=HYPERLINK("http://x")' },
        ...{ vendor: "'+1", description: "'@a;'＝b;\n'=c\n;\t'-d;", tags: "'-b\\;'=c;d\\\\;'=e" },
      },
    ]);
  });

  it('holds what the list shows for the same filter in the order of recording, to members their own', async () => {
    const [tenant, other] = [await ledger.tenant(), await ledger.tenant()];
    for (const [index, context] of [tenant.owner, tenant.member, tenant.owner, tenant.member].entries()) {
      const input = anExpense({ title: `No ${index}`, amount: { currency: 'EUR', amountMinor: BigInt(100 - index) } });
      await ledger.client.recordExpense(context, { input });
    }
    await ledger.client.recordExpense(other.owner, { input: anExpense() });
    const titles = async (...given: Parameters<typeof exported>) =>
      rowsOf(await exported(...given)).map(({ title }) => title);

    expect(await titles(tenant.analyst)).toEqual(['No 0', 'No 1', 'No 2', 'No 3']);
    expect(await titles(tenant.member)).toEqual(['No 1', 'No 3']);
    expect(await titles(tenant.owner, { text: 'no 2' })).toEqual(['No 2']);
    expect(await titles(tenant.owner, { userId: tenant.ids.memberId, text: '3' })).toEqual(['No 3']);
    expect(await titles(tenant.otherMember, { userId: tenant.ids.ownerId })).toEqual([]);
    await expect(exported(tenant.owner, { dateFrom: 'soon' })).rejects.toMatchObject({ kind: 'invalid' });
  });

  it('reads no further than it is taken, and holds no transaction while it is not', async () => {
    const tenant = await ledger.tenant();
    await plant(tenant, 2_000);
    await using books = countingBooks(tenant);

    const held = books.export();
    for (let part = 0; part < 3; part++) await held.next();

    expect(books.counts.statements).toBeLessThanOrEqual(1 + 1 + 2);
    expect(books.database.stats()).toMatchObject({ idle: books.database.stats().total, waiting: 0 });
    const open = await ledger.query(
      `select pid from pg_stat_activity
       where usename = 'outlay_ledger' and datname = current_database() and application_name = 'ledger-export-test'
         and (xact_start is not null or state <> 'idle')`,
    );
    expect(open).toEqual([]);
    await held.return(undefined);
    expect(books.counts.statements).toBeLessThanOrEqual(4);
  });

  it('loses nothing and repeats nothing of what is edited meanwhile, and leaves out what is recorded later', async () => {
    const tenant = await ledger.tenant();
    const inputs = Array.from({ length: 500 }, (_, index) => anExpense({ title: `No ${index}` }));
    for (let time = 0; time < 3; time++) await ledger.client.recordExpenses(tenant.owner, { inputs, perRow: false });
    await using books = countingBooks(tenant);
    const before = (await ledger.query(`select id from ledger.expenses where tenant_id = $1`, [tenant.tenantId])).map(
      ({ id }) => String(id),
    );
    const ids = before.toSorted();

    const lines: Row[] = [];
    let part = 0;
    for await (const bytes of books.export()) {
      lines.push(...rowsOf(`${part === 0 ? '' : `${exportHeader.join()}\r\n`}${bytes}`));
      part += 1;
      if (part !== 2) continue;
      // One that was read, one that is yet to be, and new ones.
      for (const [expenseId, title] of [
        [ids[0]!, 'read'],
        [ids[1_400]!, 'yet to be read'],
      ] as const) {
        const input = anExpense({ title, expenseDate: '2024-12-31' });
        await ledger.client.editExpense(tenant.owner, { expenseId, input, updateMask: ['title', 'expense_date'] });
      }
      await ledger.client.recordExpense(tenant.owner, { input: anExpense({ title: 'later' }) });
      await plant(tenant, 100);
    }

    expect(lines.map(({ id }) => id)).toEqual(ids);
    expect(lines.filter(({ title }) => !title.startsWith('No ')).map(({ title }) => title)).toEqual(['yet to be read']);
  });

  it('finds what lies far apart, and ends where nothing passes', async () => {
    const tenant = await ledger.tenant();
    const other = await ledger.tenant();
    await plant(tenant, 21_000);
    await plant(other, 10);
    const planted = await ledger.query<{ id: string }>(
      'select id from ledger.expenses where tenant_id = $1 order by id',
      [tenant.tenantId],
    );
    const apart = [0, 19_999, 20_000, 20_999].map((index) => planted[index]!.id);
    await ledger.query("update ledger.expenses set vendor = 'Rare' where tenant_id = $1 and id = any ($2)", [
      ...[tenant.tenantId, apart],
    ]);

    expect(rowsOf(await exported(tenant.owner, { vendor: 'Rare' }))).toHaveLength(4);
    expect(rowsOf(await exported(tenant.owner, { vendor: 'None' }))).toHaveLength(0);
    const all = rowsOf(await exported(tenant.owner));
    expect(new Set(all.map(({ id }) => id)).size).toBe(21_000);
    expect(all).toHaveLength(21_000);
  });

  it('has few places for a tenant, which come free when it is left or read', async () => {
    const [tenant, other] = [await ledger.tenant(), await ledger.tenant()];
    await using books = countingBooks(tenant);
    await using theirs = countingBooks(other, books.places);
    await plant(tenant, 10);
    const held = [books.export(), books.export()];
    for (const one of held) await one.next();

    await expect(books.export().next()).rejects.toMatchObject({ kind: 'unavailable', code: 'overloaded' });
    expect((await theirs.export().next()).done).toBe(false);
    await held[0]!.return(undefined);
    expect((await books.export().next()).done).toBe(false);
  });
});

/** Exports of a tenant without a wire in between, whose buffers would take several parts. */
function countingBooks(tenant: TestTenant, places = createTenantPlaces({ total: 10, ofTenant: 2 })) {
  const url = new URL(ledger.database.urlFor('ledger'));
  const database = createDatabase({
    ...{ url: url.href, applicationName: 'ledger-export-test', poolMax: 3, logger: createSilentLogger() },
    parameters: { enable_sort: 'off', jit: 'off' },
  });
  const counts = { statements: 0 };
  const once: typeof database.once = (...given) => {
    counts.statements += 1;
    return database.once(...given);
  };
  const context = { ...systemContext(toTenantId(tenant.tenantId)), role: 'owner' as const };
  const dependencies = { database: { ...database, once }, tenants: { currencyOf: async () => 'EUR' }, places };
  return {
    database,
    counts,
    places,
    export: () =>
      exportExpenses(dependencies as never, context, { filter: { status: 'posted' }, hasByteOrderMark: false }),
    [Symbol.asyncDispose]: () => database.close(),
  };
}

async function record(
  tenant: TestTenant,
  given: (typeof expenses extends fc.Arbitrary<infer E> ? E : never)[],
  names: string[],
): Promise<void> {
  const unique = names.map((name, index) => `${name}${index}`);
  const parents = ['', ''];
  for (const name of unique.slice(0, 2)) {
    const parentId = parents.at(-1) ?? '';
    const { category } = await ledger.client.createCategory(tenant.owner, { name, parentId, description: '' });
    parents.push(category!.id);
  }
  const accounts = [''];
  for (const [index, currency] of ['EUR', 'JPY'].entries()) {
    const { account } = await ledger.client.createAccount(tenant.owner, {
      ...{ name: unique[2 + index]!, kind: 'bank', currency, description: '', openingBalance: undefined },
    });
    accounts.push(account!.id);
  }
  const { project } = await ledger.client.createProject(tenant.owner, { name: unique[0]!, code: '', description: '' });
  const inputs = given.map(({ money, amountMinor, day, place, ...rest }) =>
    anExpense({
      ...rest,
      amount: { currency: money.currency, amountMinor: BigInt(amountMinor) },
      exchangeRate: money.exchangeRate,
      expenseDate: `2025-02-${String(day).padStart(2, '0')}`,
      categoryId: parents[place.category]!,
      accountId: accounts[place.account]!,
      projectId: ['', project!.id][place.project]!,
    }),
  );
  const { rows } = await ledger.client.recordExpenses(tenant.owner, { inputs, perRow: false });
  expect(rows.flatMap(({ errors }) => errors)).toEqual([]);
}

/** Rows to be read; how they came to be does not matter. */
const plant = (tenant: TestTenant, count: number) =>
  ledger.query(
    `insert into ledger.expenses (tenant_id, id, entry_id, entry_recorded_at, currency, amount_minor, booked_currency,
       booked_amount_minor, rate, rate_source, rate_date, title, expense_date, user_id, created_at, updated_at)
     select $1, gen_random_uuid(), gen_random_uuid(), now(), 'EUR', 1, 'EUR', 1, 1, 'identity', '2025-01-01', 'Many',
       date '2020-01-01' + number % 700, $2, now(), now()
     from generate_series(1, $3::int) as number`,
    [tenant.tenantId, tenant.ids.ownerId, count],
  );
