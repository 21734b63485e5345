import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { TenantContext } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { createImportWorker } from '../../src/imports/import-worker.ts';
import { processImport } from '../../src/imports/process-import.ts';
import { type ImportDriver, startImports } from './import-driver.ts';

let driver: ImportDriver;
beforeAll(async () => {
  driver = await startImports({ withWorker: false });
});
afterAll(() => driver.stop());

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

/** Rows of one character, and as many purchases among them as it takes not to be given up for it. */
const narrowRows = (stretches: number): string =>
  `date,amount,title\n${`2025-01-01,1,a\n${'x\n'.repeat(50)}`.repeat(stretches)}`;

async function stateOf(context: TenantContext, importId: string) {
  const { rows } = await driver.admin.query(
    `select status, rows_total, attempts, failure_code, progressed_at::text as progressed_at
     from ledger.imports where tenant_id = $1 and id = $2`,
    [context.tenantId, importId],
  );
  return rows[0];
}

it("a file of a million rows does not hold up another tenant's request while it is read", async () => {
  const [large, small] = [await driver.tenant(), await driver.tenant()];
  const worker = createImportWorker(driver.work);
  endings.push(() => worker.stop?.());
  await worker.start?.();
  const { id } = await driver.send(large, narrowRows(35_000), { dryRun: true });
  await eventually(async () => expect(await stateOf(large, id)).toMatchObject({ attempts: 1 }), { timeoutMs: 30_000 });

  const answered = await driver.imports.handlers.listImports(small, { page: undefined });

  expect(answered.imports).toEqual([]);
  expect(await stateOf(large, id)).toMatchObject({ status: 'processing', rows_total: 0 });
}, 120_000);

it('an import goes forward while its file is read, before a row of it is counted', async () => {
  const context = await driver.tenant();
  const { id } = await driver.send(context, narrowRows(10_000), { dryRun: true });
  const before = await stateOf(context, id);
  let isLeft = false;
  const work = processImport({ ...driver.work, noteEveryMs: 0, isStopping: () => isLeft }, context.tenantId, id);
  endings.push(() => work.catch(() => undefined));

  const seen = new Set<string>();
  await eventually(async () => {
    const { rows_total: rowsTotal, progressed_at: progressedAt } = await stateOf(context, id);
    if (rowsTotal === 0 && progressedAt !== before.progressed_at) seen.add(progressedAt);
    if (rowsTotal === 0 && seen.size < 3) throw new Error('It has not gone forward often enough');
  });
  isLeft = true;

  expect(seen.size).toBeGreaterThanOrEqual(3);
}, 120_000);

it.each([
  ['has too many rows', '2025-01-01,1\n'.repeat(100_000) + '1\n'.repeat(1_900_001), 'too_many_rows'],
  ['has hardly a row with a date', 'x\n'.repeat(20_000), 'file_unreadable'],
])(
  'a file that %s fails with a code',
  async (_what, rows, code) => {
    const context = await driver.tenant();
    const { id } = await driver.send(context, `date,amount,title\n${rows}`);

    await processImport(driver.work, context.tenantId, id);

    expect(await stateOf(context, id)).toMatchObject({ status: 'failed', failure_code: code, rows_total: 0 });
  },
  120_000,
);
