import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { ledger as contract } from '@outlay/contracts';
import { type CallerContext, isDomainError, newId } from '@outlay/platform';
import { createTcpProxy, createTestDatabase, eventually, type TcpProxy, type TestDatabase } from '@outlay/testkit';
import fc from 'fast-check';
import { addUp, booksOf, toTotals } from './driver/books.ts';
import { sealed } from './driver/seals.ts';
import {
  anExpense,
  everything,
  startLedger,
  type TestLedger,
  type TestTenant,
  withKey,
} from './driver/start-ledger.ts';
import { uploadOf } from './import-driver.ts';

let database: TestDatabase;
let proxy: TcpProxy;
let ledger: TestLedger;
beforeAll(async () => {
  database = await createTestDatabase();
  proxy = await createTcpProxy(database.adminUrl);
  ledger = await startLedger({ through: { proxy, database } });
});
afterAll(async () => {
  await ledger.stop();
  await proxy.close();
  await database.drop();
});

const patience = { timeoutMs: 60_000, intervalMs: 50 };
const days = ['2025-01-15', '2025-02-01'] as const;
/** Times an amount in whole dollars each gives whole cents, so that what is expected needs no rounding. */
const rates = ['0.5', '0.25', '0.75', '1.5'] as const;

const spending = fc.record({
  dollars: fc.integer({ min: -300, max: 300 }).filter((amount) => amount !== 0),
  isForeign: fc.boolean(),
  day: fc.constantFrom(...days),
  project: fc.nat(1),
});
const which = fc.nat(9);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ what: fc.constant('record' as const), spending }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('edit' as const), which, spending }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('reverse' as const), which }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('import' as const), rows: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('undo' as const), which }) },
  {
    weight: 2,
    arbitrary: fc.record({ what: fc.constant('correct' as const), which: fc.nat(1), rate: fc.constantFrom(...rates) }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('archive' as const), which: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('open' as const), euros: fc.integer({ min: 0, max: 900 }) }) },
);
/** After how many milliseconds of it all connections to the database are lost; most are left alone. */
const cutAfterMs = fc.option(fc.nat(12), { freq: 3, nil: undefined });
const steps = fc.array(fc.record({ step, cutAfterMs }), { minLength: 5, maxLength: 16 });

type Drawn<A> = A extends fc.Arbitrary<infer T> ? T : never;
type Step = Drawn<typeof step>;
type Spending = Drawn<typeof spending>;

it('whatever is done, in any order and with the database lost at any moment, the books add up and explain themselves', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (history) => {
      const tenant = await ledger.tenant({
        limits: { expenses_per_project: { limit: 2, mode: 'soft' }, expenses_total: { limit: 500, mode: 'hard' } },
      });
      const work = await atWork(tenant);

      for (const { step, cutAfterMs } of history) {
        const timer = cutAfterMs === undefined ? undefined : setTimeout(proxy.cut, cutAfterMs);
        await work.take(step);
        clearTimeout(timer);
      }
      await work.settled();

      const found = await expensesOf(tenant);
      expect(new Map(found.map((expense) => [expense.id, brief(expense)]))).toEqual(work.expected());
      await addsUp(tenant);
      await isReplayOfItsEvents(tenant, found);
      expect(await ledger.query('select * from ledger.usage_faults($1)', [tenant.tenantId])).toEqual([]);
      expect((await sealed(ledger, tenant)).faults).toEqual([]);
    }),
    { numRuns: 4, interruptAfterTimeLimit: 120_000 },
  );
}, 300_000);

interface Brief {
  status: string;
  amountMinor: bigint;
  /** Of a reversed expense it depends on whether a correction came before; the postings say the rest. */
  bookedMinor: bigint | undefined;
}

const brief = ({ status, amount, booked }: contract.Expense): Brief => ({
  status,
  amountMinor: amount!.amountMinor,
  bookedMinor: status === 'reversed' ? undefined : booked!.amountMinor,
});

/** A tenant at work, and what must have come of it. */
async function atWork({ owner, tenantId }: TestTenant) {
  const { client } = ledger;
  const rateInForce = new Map<string, { id: string; rate: string }>();
  for (const day of days) {
    const { exchangeRate } = await client.createExchangeRate(owner, {
      ...{ baseCurrency: 'USD', quoteCurrency: 'EUR', rate: '0.5', date: day, provider: 'Our bank' },
    });
    rateInForce.set(day, { id: exchangeRate!.id, rate: '0.5' });
  }
  const projects: { id: string; isArchived: boolean }[] = [];
  for (const name of ['Website', 'Office']) {
    const { project } = await client.createProject(owner, { name });
    projects.push({ id: project!.id, isArchived: false });
  }
  const { account } = await client.createAccount(owner, {
    ...{ name: 'Card', kind: 'card', currency: 'EUR', openingBalance: undefined },
  });

  interface Known extends Spending {
    isReversed: boolean;
    importId?: string;
  }
  const known = new Map<string, Known>();
  const imports: string[] = [];
  let files = 0;

  const posted = (number: number) => {
    const ids = [...known].filter(([, { isReversed }]) => !isReversed).map(([id]) => id);
    return ids[number % Math.max(ids.length, 1)];
  };
  const inputOf = ({ dollars, isForeign, day, project }: Spending) =>
    anExpense({
      amount: { currency: isForeign ? 'USD' : 'EUR', amountMinor: BigInt(dollars) * 100n },
      expenseDate: day,
      accountId: account!.id,
      projectId: projects[project]!.isArchived ? '' : projects[project]!.id,
    });

  async function importRows(count: number): Promise<void> {
    files += 1;
    const rows = Array.from({ length: count }, (_, row) => ({
      ...{ dollars: row + 1, isForeign: row % 2 === 1, day: days[0], project: 0, isReversed: false },
    }));
    const lines = rows.map(
      ({ dollars, isForeign, day }, row) =>
        `${day},Row ${row} of file ${files},${dollars}.00,${isForeign ? 'USD' : 'EUR'}`,
    );
    const file = Buffer.from(`Date,Description,Amount,Currency\n${lines.join('\n')}\n`);
    const started = await surely(owner, (context) => client.startImport(context, uploadOf(file, `${files}.csv`)));
    const importId = started.import!.id;
    await importIs(owner, importId, 'completed');
    imports.push(importId);
    const listed = await expensesOf({ owner }, { importId });
    for (const { id, title } of listed) {
      const row = rows[Number(/Row (\d)/.exec(title)?.[1])];
      if (row === undefined) throw new Error(`No row is called ${title}`);
      known.set(id, { ...row, importId });
    }
  }

  return {
    async take(one: Step): Promise<void> {
      if (one.what === 'record') {
        const input = inputOf(one.spending);
        const { expense } = await surely(owner, (context) => client.recordExpense(context, { input }));
        known.set(expense!.id, { ...one.spending, isReversed: false });
      } else if (one.what === 'edit') {
        const expenseId = posted(one.which);
        if (expenseId === undefined) return;
        const change = { expenseId, input: inputOf(one.spending), updateMask: ['amount', 'expense_date'] };
        await surely(owner, (context) => client.editExpense(context, change));
        known.set(expenseId, { ...known.get(expenseId)!, ...one.spending });
      } else if (one.what === 'reverse') {
        const expenseId = posted(one.which);
        if (expenseId === undefined) return;
        await surely(owner, (context) => client.reverseExpense(context, { expenseId }));
        known.get(expenseId)!.isReversed = true;
      } else if (one.what === 'import') {
        await importRows(one.rows);
      } else if (one.what === 'undo') {
        const [importId] = imports.splice(one.which % Math.max(imports.length, 1), 1);
        if (importId === undefined) return;
        await surely(owner, (context) => client.undoImport(context, { importId }));
        await importIs(owner, importId, 'undone');
        for (const expense of known.values()) if (expense.importId === importId) expense.isReversed = true;
      } else if (one.what === 'correct') {
        const rate = rateInForce.get(days[one.which]!)!;
        rate.rate = one.rate;
        const correction = { exchangeRateId: rate.id, rate: one.rate, provider: 'Our bank' };
        await surely(owner, (context) => client.correctExchangeRate(context, correction));
      } else if (one.what === 'archive') {
        const project = projects[one.which]!;
        project.isArchived = !project.isArchived;
        const change = { projectId: project.id, input: undefined, updateMask: [], archived: project.isArchived };
        await surely(owner, (context) => client.updateProject(context, change));
      } else {
        const amount = { currency: 'EUR', amountMinor: BigInt(one.euros) * 100n };
        const input = {
          name: '',
          kind: '',
          currency: '',
          description: '',
          openingBalance: { amount, date: '2024-12-31' },
        };
        await surely(owner, (context) =>
          client.updateAccount(context, { accountId: account!.id, input, updateMask: ['opening_balance'] }),
        );
      }
    },
    /** Waits for what goes on by itself. */
    async settled(): Promise<void> {
      await eventually(
        async () => {
          // Due each minute otherwise, and later still where it was tried while the database was lost.
          await ledger.query("select from ledger_jobs.add_job('check_rates', job_key => 'now')");
          const { restatements } = await client.listRestatements(owner, { page: undefined });
          expect(restatements.filter(({ status }) => status !== 'completed')).toEqual([]);
          const [open] = await ledger.query('select from ledger.rate_checks where tenant_id = $1', [tenantId]);
          expect(open).toBeUndefined();
        },
        { ...patience, intervalMs: 500 },
      );
    },
    expected,
  };

  function expected(): Map<string, Brief> {
    return new Map(
      [...known].map(([id, { dollars, isForeign, day, isReversed }]) => {
        const amountMinor = BigInt(dollars) * 100n;
        const quarters = isForeign ? BigInt(Number(rateInForce.get(day)!.rate) * 4) : 4n;
        const state: Brief = isReversed
          ? { status: 'reversed', amountMinor, bookedMinor: undefined }
          : { status: 'posted', amountMinor, bookedMinor: (amountMinor * quarters) / 4n };
        return [id, state];
      }),
    );
  }
}

/** Does something once, however often the connection is lost meanwhile: as a client would, with a key, until it knows. */
async function surely<T>(context: CallerContext, call: (context: CallerContext) => Promise<T>): Promise<T> {
  const keyed = withKey(context, newId());
  return eventually(async () => {
    try {
      return { answer: await call(keyed) };
    } catch (error) {
      const mayBeTriedAgain = isDomainError(error) && ['unavailable', 'deadline_exceeded'].includes(error.kind);
      if (mayBeTriedAgain) throw error;
      return { error };
    }
  }, patience).then((result) => {
    if ('error' in result) throw result.error;
    return result.answer;
  });
}

const importIs = (owner: CallerContext, importId: string, status: string) =>
  eventually(async () => {
    const { import: found } = await ledger.client.getImport(owner, { importId });
    expect(found).toMatchObject({ status });
  }, patience);

async function expensesOf(
  { owner }: Pick<TestTenant, 'owner'>,
  filter: Partial<contract.ExpenseFilter> = {},
): Promise<contract.Expense[]> {
  const asked = { ...everything, status: 'all', ...filter };
  const { expenses } = await eventually(
    () => ledger.client.listExpenses(owner, { filter: asked, sort: '', page: { limit: 200, cursor: '' } }),
    patience,
  );
  return expenses;
}

/** Postings come to nothing in each currency, and the balances are what adding them up one by one comes to. */
async function addsUp(tenant: TestTenant): Promise<void> {
  const books = booksOf(ledger);
  const postings = await books.postings(tenant.tenantId);
  const sums = new Map<string, bigint>();
  for (const { entry, currency, amount } of postings) {
    const key = `${entry} ${currency}`;
    sums.set(key, (sums.get(key) ?? 0n) + BigInt(amount));
  }
  expect([...sums].filter(([, sum]) => sum !== 0n)).toEqual([]);
  expect(toTotals((await books.balances(tenant.owner)).accounts)).toEqual(addUp(postings));
  expect((await books.trialBalance(tenant.owner)).isBalanced).toBe(true);
}

/** Whoever has only read the events knows each expense as it is; their versions have no gaps. */
async function isReplayOfItsEvents(tenant: TestTenant, found: readonly contract.Expense[]): Promise<void> {
  const told = new Map<string, contract.Expense[]>();
  for (const { type, data } of await ledger.events(tenant.tenantId)) {
    if (!type.startsWith('outlay.ledger.expense.')) continue;
    const expense = contract.Expense.fromJSON((data as { expense: unknown }).expense);
    told.set(expense.id, [...(told.get(expense.id) ?? []), expense]);
  }
  expect(new Set(told.keys())).toEqual(new Set(found.map(({ id }) => id)));
  for (const expense of found) {
    const states = (told.get(expense.id) ?? []).toSorted((a, b) => Number(a.version - b.version));
    expect(states.map(({ version }) => version)).toEqual(states.map((_, index) => BigInt(index + 1)));
    expect(states.at(-1)).toEqual(expense);
  }
}
