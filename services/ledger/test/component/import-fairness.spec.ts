import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { TenantContext } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { createImportWorker } from '../../src/imports/import-worker.ts';
import { fixture, type ImportDriver, startImports } from './import-driver.ts';

let driver: ImportDriver;
// One for each, as what is left unfinished would take turns with the next.
beforeEach(async () => {
  driver = await startImports({ withWorker: false });
});
afterEach(() => driver.stop());

const tea = 'Date,Merchant,Amount\n2025-01-02,Tea,4.20\n';

it("a tenant's many large imports do not hold up another tenant's small one", async () => {
  const [large, small] = [await driver.tenant(), await driver.tenant()];
  const file = await fixture('purchase-cards/purchase-card-transactions-201701.csv');
  // More of them than a process works on at a time, in batches so small that they will not be over soon.
  for (let count = 0; count < 12; count++) await driver.send(large, file);
  const worker = createImportWorker({ ...driver.work, batchSize: 5 });
  await worker.start?.();

  try {
    const done = await driver.take(small, tea);

    expect(done).toMatchObject({ imported: 1 });
    const { imports } = await driver.imports.handlers.listImports(large, { page: undefined });
    expect(imports.every(({ status }) => status === 'processing')).toBe(true);
  } finally {
    await worker.stop?.();
  }
}, 120_000);

/** As many as a process has places for. */
const places = 8;

const tenants = (count: number): Promise<TenantContext[]> =>
  Promise.all(Array.from({ length: count }, () => driver.tenant()));

it("the large imports of as many tenants as there are places for do not hold up another's small one", async () => {
  const [large, [small]] = [await tenants(places), await tenants(1)];
  const file = await fixture('purchase-cards/purchase-card-transactions-201701.csv');
  for (const context of large) await driver.send(context, file);
  const worker = createImportWorker({ ...driver.work, batchSize: 5, sliceMs: 0 });
  await worker.start?.();

  try {
    await eventually(async () => expect(await underWay()).toBe(places), { timeoutMs: 30_000 });

    expect(await driver.take(small!, tea)).toMatchObject({ imported: 1 });

    // A place that is given up is none that was lost by a failure.
    const { rows: failed } = await driver.admin.query(
      'select last_error from ledger_jobs.jobs where last_error is not null',
    );
    expect(failed).toEqual([]);
    for (const context of large) {
      const { imports } = await driver.imports.handlers.listImports(context, { page: undefined });
      expect(imports).toMatchObject([{ status: 'processing' }]);
    }
  } finally {
    await worker.stop?.();
  }

  /** Imports of those tenants of which something is booked. */
  async function underWay(): Promise<number> {
    const { rows } = await driver.admin.query(
      'select count(*)::int as count from ledger.imports where tenant_id = any ($1) and imported > 0',
      [large.map(({ tenantId }) => tenantId)],
    );
    return rows[0].count;
  }
}, 90_000);

it('imports that take turns come to their end, and are taken back, with each row once', async () => {
  const rows = Array.from({ length: 60 }, (_, index) => `2025-01-02,Tea,${index % 7 === 0 ? 1 : index}.00`);
  const file = ['Date,Merchant,Amount', ...rows, ''].join('\n');
  const total = rows.reduce((sum, row) => sum + Number(row.split(',')[2]) * 100, 0);
  const contexts = await tenants(places + 4);
  const worker = createImportWorker({ ...driver.work, batchSize: 3, sliceMs: 0 });
  await worker.start?.();

  try {
    const sent = await Promise.all(contexts.map((context) => driver.send(context, file)));
    const done = await Promise.all(contexts.map((context, index) => driver.finished(context, sent[index]!.id)));

    for (const one of done) expect(one).toMatchObject({ rowsTotal: 60, imported: 60, duplicates: 0, failureCode: '' });
    for (const context of contexts) expect(await driver.spent(context)).toEqual({ Tea: total });

    const undone = await Promise.all(contexts.map((context, index) => driver.undo(context, sent[index]!.id)));

    for (const one of undone) expect(one).toMatchObject({ reversed: 60, alreadyReversed: 0 });
    for (const context of contexts) expect(await driver.spent(context)).toEqual({});
  } finally {
    await worker.stop?.();
  }
}, 90_000);
