import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { isDomainError, newId, pause, type TenantContext } from '@outlay/platform';
import fc from 'fast-check';
import { type ImportWork, processImport } from '../../src/imports/process-import.ts';
import type { Limits } from './driver/start-ledger.ts';
import { type Reservations, startReservations } from './import-reservations-driver.ts';

let driver: Reservations;
beforeAll(async () => {
  driver = await startReservations();
});
afterAll(() => driver.stop());

const limit = (max: number) =>
  fc.record({ limit: fc.nat(max), mode: fc.constantFrom('hard' as const, 'hard' as const, 'soft' as const) });
/** Without a limit where it is not named. */
const plan = fc.record(
  { expenses_total: limit(120), projects: limit(12), accounts: limit(12), expenses_per_project: limit(24) },
  { requiredKeys: [] },
) as fc.Arbitrary<Limits>;
/** Rows of one large file, so that files overlap; every fifth row has a project and an account of its own. */
const file = fc.record({
  from: fc.nat(40),
  rows: fc.integer({ min: 1, max: 25 }),
  batchSize: fc.integer({ min: 1, max: 12 }),
  /** After how many batches its process dies, the first times that it is at work. */
  deaths: fc.array(fc.nat(4), { maxLength: 2 }),
});
const round = fc.record({
  files: fc.array(file, { minLength: 1, maxLength: 4 }),
  singles: fc.nat(10),
  /** What becomes of projects and accounts meanwhile, by the number in their name. */
  doings: fc.array(
    fc.record({
      what: fc.constantFrom('archive', 'restore', 'rename', 'remove', 'bookTo' as const),
      table: fc.constantFrom('projects' as const, 'accounts' as const),
      number: fc.nat(12),
    }),
    { maxLength: 8 },
  ),
  /** Takes an earlier file back meanwhile. */
  undoes: fc.boolean(),
  /** What the plan becomes meanwhile. */
  changes: fc.array(plan, { maxLength: 2 }),
  cuts: fc.boolean(),
});
const history = fc.record({ plan, rounds: fc.array(round, { minLength: 1, maxLength: 3 }) });

type Drawn<A> = A extends fc.Arbitrary<infer T> ? T : never;

it('whatever happens at once, an import is booked whole or not at all, and the counters are right at every moment', async () => {
  await fc.assert(
    fc.asyncProperty(history, async ({ plan: first, rounds }) => {
      const tenant = await driver.tenant();
      await driver.changePlan(tenant, first);
      const watch = watchCounters(tenant);
      for (const one of rounds) await go(tenant, one);
      await watch.stop();

      for (const table of ['usage_reservations', 'import_names', 'import_looks']) {
        const { rowCount } = await driver.admin.query(`select from ledger.${table} where tenant_id = $1`, [
          tenant.tenantId,
        ]);
        expect([table, rowCount]).toEqual([table, 0]);
      }
      expect(await faults(tenant)).toEqual([]);
    }),
    // A race does not come again in what is shrunk.
    { numRuns: 8, interruptAfterTimeLimit: 120_000, endOnFailure: true },
  );
}, 300_000);

async function go(
  tenant: TenantContext,
  { files, singles, doings, undoes, changes, cuts }: Drawn<typeof round>,
): Promise<void> {
  const before = await countExpenses(tenant);
  const undoing = undoes ? await beginUndo(tenant) : undefined;
  const sent = [];
  for (const one of files) sent.push({ ...one, id: (await driver.send(tenant, textOf(one))).id });
  // Few enough for none to be given up.
  let left = cuts ? 6 : 0;
  let isCutting = false;
  const cutting = setInterval(async () => {
    if (left <= 0 || isCutting) return;
    isCutting = true;
    left -= await cut(left);
    isCutting = false;
  }, 60);

  const made = Promise.all(Array.from({ length: singles }, (_, place) => makeOne(tenant, place)));
  await Promise.all([
    ...sent.map((one, place) => workOff(tenant, { ...one, cuts }, place % 2 === 0 ? driver.here : driver.there)),
    made,
    ...doings.map((doing, place) => doOne(tenant, doing, place)),
    undoing && finish(tenant, undoing, cuts),
    ...changes.map(async (limits, place) => {
      await pause(place * 30);
      await driver.changePlan(tenant, limits);
    }),
  ]).finally(() => clearInterval(cutting));

  let imported = 0;
  for (const { id, rows } of sent) {
    const { import: found } = await driver.imports.handlers.getImport(tenant, { importId: id });
    if (found!.status === 'completed') expect(found!.imported + found!.duplicates).toBe(rows);
    else expect(found).toMatchObject({ status: 'failed', failureCode: 'plan_limit_reached', imported: 0 });
    imported += found!.imported;
  }
  const singlesMade = (await made).filter((isExpense) => isExpense).length;
  expect(await countExpenses(tenant)).toBe(before + imported + singlesMade);
}

/** As processes do that may die, lose their connections and take it up again. */
async function workOff(
  { tenantId }: TenantContext,
  { id, batchSize, deaths, cuts }: Drawn<typeof file> & { id: string; cuts: boolean },
  work: ImportWork,
): Promise<void> {
  for (const batches of deaths) {
    let left = batches;
    const isStopping = () => left-- <= 0;
    await processImport({ ...work, batchSize, isStopping }, tenantId, id).catch(() => undefined);
  }
  await finish({ tenantId }, id, cuts, { ...work, batchSize });
}

async function finish(
  { tenantId }: Pick<TenantContext, 'tenantId'>,
  id: string,
  cuts: boolean,
  work: ImportWork = driver.there,
): Promise<void> {
  for (;;) {
    const worked = await processImport(work, tenantId, id).catch((error: unknown) => {
      // What another batch has just made somebody has changed already.
      const isChanged = isDomainError(error) && error.code === 'references_changed';
      const isBusy = isDomainError(error, 'unavailable') || isDomainError(error, 'deadline_exceeded');
      if (!cuts && !isBusy && !isChanged) throw error;
    });
    if (worked === 'ended') return;
    await pause(20);
  }
}

/** Of an earlier round. */
async function beginUndo(tenant: TenantContext): Promise<string | undefined> {
  const { rows } = await driver.admin.query<{ id: string }>(
    "select id from ledger.imports where tenant_id = $1 and status = 'completed' and imported > 0 order by id limit 1",
    [tenant.tenantId],
  );
  const importId = rows[0]?.id;
  if (importId) await driver.imports.handlers.undoImport(tenant, { importId });
  return importId;
}

/** Whatever comes of it. */
async function doOne(
  tenant: TenantContext,
  { what, table, number }: Drawn<typeof round>['doings'][number],
  place: number,
): Promise<void> {
  await pause(place * 25);
  const name = `${table === 'projects' ? 'Project' : 'Account'} ${number * 5}`;
  const doings = {
    archive: () => driver.archive(tenant, table, name),
    restore: () => driver.restore(tenant, table, name),
    rename: () => driver.rename(tenant, table, name, `${table === 'projects' ? 'Project' : 'Account'} ${place * 5}`),
    remove: () => driver.remove(tenant, table, name),
    bookTo: () => driver.bookTo(tenant, table, name),
  };
  // It may not be there, its name be taken, the plan not allow it, its connection be cut.
  await doings[what]().catch(() => undefined);
}

const textOf = ({ from, rows }: Drawn<typeof file>): string => {
  const lines = Array.from({ length: rows }, (_, row) => {
    const number = from + row;
    return `2025-01-10;Shop ${number};1.00;Project ${number - (number % 5)};Account ${number - (number % 5)}`;
  });
  return ['date;merchant;amount;project;account', ...lines].join('\n');
};

/** One more beside the files; answers whether that was an expense, and false where there was no place. */
async function makeOne(tenant: TenantContext, place: number): Promise<boolean> {
  await pause(place * 15);
  const isExpense = place % 3 > 0;
  const text = isExpense
    ? `
insert into expenses (tenant_id, id, entry_id, entry_recorded_at, currency, amount_minor, booked_currency,
  booked_amount_minor, rate, rate_source, rate_date, title, expense_date, user_id, created_at, updated_at)
values ($1, $2, gen_random_uuid(), now(), 'GBP', 1, 'GBP', 1, 1, 'identity', '2025-01-01', $3, '2025-01-01',
  gen_random_uuid(), now(), now())`
    : 'insert into projects (tenant_id, id, name) values ($1, $2, $3)';
  const id = newId();
  try {
    await driver.database.withTenant(tenant, (session) => session.query(text, [tenant.tenantId, id, id]));
  } catch (error) {
    if (isDomainError(error) && error.code === 'plan_limit_reached') return false;
    // Its connection was cut: whether it was before or after the commit, only the books know.
    const { rowCount } = await driver.admin.query('select from ledger.expenses where tenant_id = $1 and id = $2', [
      ...[tenant.tenantId, id],
    ]);
    return rowCount === 1;
  }
  return isExpense;
}

/** Asks all the time whether the counters are what is there and what is reserved. */
function watchCounters(tenant: TenantContext) {
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      expect(await faults(tenant)).toEqual([]);
      await pause(5);
    }
  })();
  watching.catch(() => undefined);
  return {
    async stop() {
      isOver = true;
      await watching;
    },
  };
}

async function faults({ tenantId }: TenantContext): Promise<unknown[]> {
  return (await driver.admin.query('select * from ledger.usage_faults($1)', [tenantId])).rows;
}

/** But for those that were booked past imports to what they name. */
async function countExpenses({ tenantId }: TenantContext): Promise<number> {
  const { rows } = await driver.admin.query<{ count: number }>(
    "select count(*)::int as count from ledger.expenses where tenant_id = $1 and title <> 'One more'",
    [tenantId],
  );
  return rows[0]!.count;
}

/** Answers how many connections it has cut. */
async function cut(most: number): Promise<number> {
  const { rowCount } = await driver.admin.query(
    `select pg_terminate_backend(activity.pid)
     from (
       select pid from pg_stat_activity
       where datname = current_database() and usename = 'outlay_ledger' and state = 'idle in transaction'
       limit $1
     ) as activity`,
    [most],
  );
  return rowCount ?? 0;
}
