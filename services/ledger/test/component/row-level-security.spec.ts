import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isolationFaults, reachesOfService } from '@outlay/testkit';
import pg from 'pg';
import { anExpense, startLedger, type TestLedger } from './driver/start-ledger.ts';

let ledger: TestLedger;
let role: pg.Client;
beforeAll(async () => {
  ledger = await startLedger();
  role = new pg.Client({ connectionString: ledger.database.urlFor('ledger') });
  await role.connect();
});
afterAll(async () => {
  await role.end();
  await ledger.stop();
});

describe('the schema', () => {
  it('keeps tenants apart on every table, partition, view and key', async () => {
    expect(await isolationFaults(ledger.database, 'ledger')).toEqual([]);
  });

  it('is all that the service can reach', async () => {
    expect(await reachesOfService(ledger.database, 'ledger')).toEqual([]);
  });
});

describe('row-level security', () => {
  it('shows the service no row unless it says which tenant, and then that tenant’s alone', async () => {
    const [ours, theirs] = [await ledger.tenant(), await ledger.tenant()];
    for (const tenant of [ours, theirs]) {
      await ledger.client.createCategory(tenant.owner, { name: 'Software' });
      await ledger.client.recordExpense(tenant.owner, { input: anExpense() });
    }
    const relations = [
      ...['tenants', 'categories', 'expenses', 'journal_entries', 'postings'],
      ...['ledger_accounts', 'outbox', 'audit_entries'],
    ];

    for (const relation of relations) {
      const visible = async () =>
        (await role.query<{ tenant_id: string }>(`select distinct tenant_id from ${relation}`)).rows;
      expect(await visible()).toEqual([]);
      await role.query('begin');
      await role.query("select set_config('app.tenant_id', $1, true)", [ours.tenantId]);
      expect(await visible()).toEqual([{ tenant_id: ours.tenantId }]);
      await role.query('rollback');
    }
  });

  it('lets nothing be written under another tenant', async () => {
    const [ours, theirs] = [await ledger.tenant(), await ledger.tenant()];

    await role.query('begin');
    await role.query("select set_config('app.tenant_id', $1, true)", [ours.tenantId]);
    const stolen = await role.query("update tenants set currency = 'USD' where tenant_id = $1", [theirs.tenantId]);
    const planted = role.query(
      "insert into categories (tenant_id, id, name) values ($1, gen_random_uuid(), 'Planted')",
      [theirs.tenantId],
    );
    await expect(planted).rejects.toMatchObject({ code: '42501' });
    await role.query('rollback');

    expect(stolen.rowCount).toBe(0);
  });
});
