import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { newId } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import pg from 'pg';
import { anExpense, startLedger, type TestLedger } from './driver/start-ledger.ts';

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await startLedger({ environment: { DATABASE_POOL_MAX: '8' } });
});
afterAll(() => ledger.stop());

it('writes of a tenant are answered while another has more under way than there are connections', async () => {
  const [noisy, quiet] = [await ledger.tenant(), await ledger.tenant()];
  const record = (of: typeof quiet) =>
    ledger.client.recordExpense({ ...of.owner, idempotencyKey: newId() }, { input: anExpense() });
  const { expense } = await record(noisy);
  const blocker = new pg.Client({ connectionString: ledger.database.adminUrl });
  blocker.on('error', () => undefined);
  await blocker.connect();
  await blocker.query('begin');
  await blocker.query('select from ledger.expenses where tenant_id = $1 for update', [noisy.tenantId]);
  const flood = Promise.allSettled(
    Array.from({ length: 40 }, () => ledger.client.reverseExpense(noisy.owner, { expenseId: expense?.id ?? '' })),
  );
  await eventually(async () => expect(await waitingForLocks()).toBeGreaterThanOrEqual(4));

  for (let count = 0; count < 5; count++) expect((await record(quiet)).expense).toBeDefined();

  await blocker.query('rollback');
  await blocker.end();
  await flood;
});

async function waitingForLocks(): Promise<number> {
  const waiting = await ledger.query(
    `select from pg_stat_activity
     where datname = current_database() and usename = 'outlay_ledger' and wait_event_type = 'Lock'`,
  );
  return waiting.length;
}
