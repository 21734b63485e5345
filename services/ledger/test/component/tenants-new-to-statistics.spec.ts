import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@outlay/testkit';
import { importsOf } from './driver/imports.ts';
import { verify } from './driver/seals.ts';
import { startLedger, type TestLedger } from './driver/start-ledger.ts';

let ledger: TestLedger;
beforeEach(async () => {
  ledger = await startLedger();
});
afterEach(() => ledger.stop());

const rowCount = 8_000;

describe('a tenant’s expenses are imported, sealed, verified and taken back by lookups', () => {
  it('before there are any statistics', () => expectLookups());

  it.each([60, rowCount])('when it came after the last statistics, which know another with %d alone', async (known) => {
    await importsOf(ledger).take((await ledger.tenant()).owner, fileOf(known));
    await allSealed();
    await ledger.query('analyze');
    await expectLookups();
  });
});

async function expectLookups(): Promise<void> {
  const imports = importsOf(ledger);
  const tenant = await ledger.tenant();
  const before = await rowsLookedUp();

  const { id } = await imports.take(tenant.owner, fileOf(rowCount));
  await allSealed();
  expect(await verify(ledger, tenant)).toMatchObject({ faults: [] });
  await ledger.client.undoImport(tenant.owner, { importId: id });
  expect(await imports.finished(tenant.owner, id, 'undone')).toMatchObject({ reversed: rowCount });
  await allSealed();

  const lookedUp = (await rowsLookedUp()) - before;
  // Each is looked up some eighty times in all; by an index that fits the tenant alone it would be hundreds of times.
  expect({ isBounded: lookedUp < 120 * rowCount, lookedUp }).toMatchObject({ isBounded: true });
}

/** Purchases of many days, categories and projects. */
function fileOf(rows: number): string {
  const lines = Array.from({ length: rows }, (_, row) => {
    const [day, month] = [(row % 28) + 1, (row % 12) + 1].map((part) => String(part).padStart(2, '0'));
    return `2024-${month}-${day},a shop ${row},1.00,Category ${row % 10},Project ${row % 10}`;
  });
  return ['Date,Merchant,Amount,Category,Project', ...lines, ''].join('\n');
}

const allSealed = () =>
  eventually(
    async () => {
      const waiting = await ledger.query(
        'select tenant_id from ledger.journal_unsealed union all select tenant_id from ledger.audit_unsealed limit 1',
      );
      expect(waiting).toEqual([]);
    },
    { timeoutMs: 30_000 },
  );

/** How many rows the ledger has read, along indexes or not. Its backends tell when they end, if not before. */
async function rowsLookedUp(): Promise<number> {
  await ledger.query(
    `select pg_terminate_backend(pid, 5000) from pg_stat_activity
     where datname = current_database() and usename = 'outlay_ledger'`,
  );
  const rows = await ledger.query<{ count: number }>(
    `select (select sum(idx_tup_read) from pg_stat_user_indexes where schemaname = 'ledger')::float8
       + (select sum(seq_tup_read) from pg_stat_user_tables where schemaname = 'ledger')::float8 as count`,
  );
  return rows[0]!.count;
}
