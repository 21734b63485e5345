import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Database, Session, TenantContext } from '@outlay/platform';
import pg from 'pg';
import { processImport } from '../../src/imports/process-import.ts';
import { type Plan, rowsReadBy } from './driver/plans.ts';
import { type ImportDriver, startImports } from './import-driver.ts';

let driver: ImportDriver;
let tenant: TenantContext;
/** Two of 300 expenses, in a tenant that has 6,600, beside another that has 6,000. */
let imports: string[];
beforeAll(async () => {
  driver = await startImports({ withWorker: false });
  const other = await driver.tenant();
  tenant = await driver.tenant();
  imports = [await book(tenant, 300, 'first'), await book(tenant, 300, 'second')];
  for (const vendor of ['a shop', 'another']) {
    await book(tenant, 3_000, vendor);
    await book(other, 3_000, vendor);
  }
  await driver.admin.query('analyze');
});
afterAll(() => driver.stop());

const batchSize = 100;

it.each(['force_custom_plan', 'force_generic_plan'])(
  'an import is taken back by lookups alone, however many expenses there are beside it: %s',
  async (mode) => {
    const importId = imports.shift()!;
    await driver.imports.handlers.undoImport(tenant, { importId });

    const explained = await explainAll(mode, tenant, importId);

    const undone = await driver.imports.handlers.getImport(tenant, { importId });
    expect(undone.import).toMatchObject({ status: 'undone', reversed: 300 });
    expect([...explained.keys()]).toEqual(
      expect.arrayContaining([
        ...['find_posted_of_import', 'take_posted_of_import', 'find_not_left_out_of_undo', 'lock_posted_expenses'],
        ...['read_locked_expenses', 'mark_expenses_reversed', 'advance_undo', 'take_made_by_import'],
      ]),
    );
    for (const [name, plans] of explained) {
      for (const plan of plans) {
        expect({ name, readWhole: readWhole(plan) }).toEqual({ name, readWhole: [] });
        // Each expense, and what it refers to: a handful of lookups.
        expect({ name, isBounded: rowsReadBy(plan) <= 10 * batchSize }).toEqual({ name, isBounded: true });
      }
    }
  },
);

/** A file of as many purchases, booked. */
async function book(context: TenantContext, rows: number, vendor: string): Promise<string> {
  const lines = Array.from({ length: rows }, (_, row) => {
    const [day, month] = [(row % 28) + 1, (row % 12) + 1].map((part) => String(part).padStart(2, '0'));
    return `2024-${month}-${day},${vendor} ${row},1.00,Category ${row % 10},Project ${row % 10}`;
  });
  const { id } = await driver.send(context, ['Date,Merchant,Amount,Category,Project', ...lines, ''].join('\n'));
  await processImport(driver.work, context.tenantId, id);
  return id;
}

/** Takes an import back, and answers how each of its statements was run, by their names. */
async function explainAll(mode: string, context: TenantContext, importId: string): Promise<Map<string, Plan[]>> {
  const found = new Map<string, Plan[]>();
  const { database } = driver.work;
  const explaining: Database = {
    ...database,
    withTenant: (of, work, options) =>
      database.withTenant(
        of,
        (session) => {
          const query: Session['query'] = async (statement, values) => {
            if (typeof statement !== 'string') {
              const plan = await explain(session, mode, statement.text, values ?? []);
              found.set(statement.name, [...(found.get(statement.name) ?? []), plan]);
            }
            return session.query(statement, values);
          };
          return work(Object.create(session, { query: { value: query } }));
        },
        options,
      ),
  };
  await processImport({ ...driver.work, database: explaining, batchSize, atOnce: 1 }, context.tenantId, importId);
  return found;
}

/** Runs a statement, and takes back what it did. Tables are read whole where nothing else will do, and not as they are small here. */
async function explain(session: Session, mode: string, text: string, values: readonly unknown[]): Promise<Plan> {
  await session.query(
    `savepoint before_it; set local plan_cache_mode = ${mode}; set local enable_seqscan = off; prepare looked_at as ${text}`,
  );
  const given = values.map((value) => (value == null ? 'null' : pg.escapeLiteral(textOf(value))));
  const { rows } = await session.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
    `explain (analyze, format json) execute looked_at${given.length > 0 ? `(${given.join()})` : ''}`,
  );
  await session.query('deallocate looked_at; rollback to savepoint before_it');
  return rows[0]!['QUERY PLAN'][0].Plan;
}

/** As PostgreSQL reads it. */
function textOf(value: unknown): string {
  if (Array.isArray(value))
    return `{${value.map((item) => (item === null ? 'null' : JSON.stringify(textOf(item)))).join()}}`;
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** The tables that a plan reads from one end to the other. */
const readWhole = (plan: Plan): string[] => [
  ...(plan['Node Type'] === 'Seq Scan' ? [plan['Relation Name'] ?? ''] : []),
  ...(plan.Plans ?? []).flatMap(readWhole),
];
