import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { TenantContext } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { processImport } from '../../src/imports/process-import.ts';
import { createBackgroundDatabase } from '../../src/store/ledger-database.ts';
import { entitlementsOf } from './driver/start-ledger.ts';
import { type ImportDriver, startImports } from './import-driver.ts';

let driver: ImportDriver;
beforeAll(async () => {
  driver = await startImports({ withWorker: false });
});
afterAll(() => driver.stop());

it('files for the same projects, at two processes, hardly ever wait for each other in a circle', async () => {
  const tenant = await driver.tenant();
  // A batch adds about as much to each project as one slot's share of what is left.
  const limits = entitlementsOf({ expenses_per_project: { limit: 4_000, mode: 'soft' } });
  await driver.admin.query('update ledger.tenants set entitlements = $2 where tenant_id = $1', [
    tenant.tenantId,
    JSON.stringify(limits),
  ]);
  const there = createBackgroundDatabase(driver.databaseUrl, driver.work.logger);
  const before = await countDeadlocks();
  try {
    const [one, two] = [await driver.send(tenant, purchases('Shop')), await driver.send(tenant, purchases('Store'))];
    await Promise.all([
      processImport(driver.work, tenant.tenantId, one.id),
      processImport({ ...driver.work, database: there }, tenant.tenantId, two.id),
    ]);
  } finally {
    await there.close();
  }

  expect(await imported(tenant)).toBe(32_000);
  expect((await driver.admin.query('select * from ledger.usage_faults($1)', [tenant.tenantId])).rows).toEqual([]);
  expect((await countDeadlocks()) - before).toBeLessThan(10);
}, 120_000);

it('imports of the same projects that are taken back, each at two processes, hardly ever wait for each other in a circle', async () => {
  const tenant = await driver.tenant();
  const limits = entitlementsOf({
    expenses_per_project: { limit: 4_000, mode: 'soft' },
    expenses_total: { limit: 33_000, mode: 'hard' },
  });
  await driver.admin.query('update ledger.tenants set entitlements = $2 where tenant_id = $1', [
    tenant.tenantId,
    JSON.stringify(limits),
  ]);
  const there = createBackgroundDatabase(driver.databaseUrl, driver.work.logger);
  const elsewhere = { ...driver.work, database: there };
  let before = 0;
  try {
    const [one, two] = [await driver.send(tenant, purchases('Shop')), await driver.send(tenant, purchases('Store'))];
    for (const { id } of [one, two]) await processImport(driver.work, tenant.tenantId, id);
    expect(await imported(tenant)).toBe(32_000);
    before = await countDeadlocks();
    for (const { id } of [one, two]) await driver.imports.handlers.undoImport(tenant, { importId: id });

    await Promise.all(
      [one, two].flatMap(({ id }) => [
        processImport(driver.work, tenant.tenantId, id),
        processImport(elsewhere, tenant.tenantId, id),
      ]),
    );
  } finally {
    await there.close();
  }

  const { rows: states } = await driver.admin.query(
    'select status, reversed from ledger.imports where tenant_id = $1',
    [tenant.tenantId],
  );
  expect(states).toEqual([1, 2].map(() => ({ status: 'undone', reversed: 16_000 })));
  const { rows: entries } = await driver.admin.query(
    `select count(*)::int as all, count(distinct expense_id)::int as expenses from ledger.journal_entries
     where tenant_id = $1 and kind = 'reversal'`,
    [tenant.tenantId],
  );
  expect(entries).toEqual([{ all: 32_000, expenses: 32_000 }]);
  expect((await driver.admin.query('select * from ledger.usage_faults($1)', [tenant.tenantId])).rows).toEqual([]);
  expect((await countDeadlocks()) - before).toBeLessThan(10);
}, 240_000);

/** Ten projects in no order, the same ones each time. */
function purchases(shop: string): string {
  let state = 7;
  const lines = Array.from({ length: 16_000 }, (_, row) => {
    state = (state * 48_271) % 2_147_483_647;
    return `2025-01-10;${shop} ${row};1.00;P${state % 10}`;
  });
  return ['date;merchant;amount;project', ...lines].join('\n');
}

async function imported({ tenantId }: TenantContext): Promise<number> {
  const { rows } = await driver.admin.query<{ imported: number }>(
    'select sum(imported)::int as imported from ledger.imports where tenant_id = $1',
    [tenantId],
  );
  return rows[0]?.imported ?? 0;
}

async function countDeadlocks(): Promise<number> {
  // Backends tell of them from time to time, and when they end.
  const { rows: atWork } = await driver.admin.query<{ pid: number }>(
    `select pid from pg_stat_activity where datname = current_database() and usename = 'outlay_ledger'`,
  );
  const pids = [atWork.map(({ pid }) => pid)];
  await driver.admin.query('select pg_terminate_backend(pid) from unnest($1::int[]) as pid', pids);
  await eventually(async () => {
    const { rowCount } = await driver.admin.query('select from pg_stat_activity where pid = any ($1)', pids);
    expect(rowCount).toBe(0);
  });
  await driver.admin.query('select pg_stat_clear_snapshot()');
  const { rows } = await driver.admin.query<{ deadlocks: number }>(
    'select deadlocks::int from pg_stat_database where datname = current_database()',
  );
  return rows[0]?.deadlocks ?? 0;
}
