import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connectAsService, isolationFaults, reachesOfService, type ServiceRole } from '@outlay/testkit';
import { anExpense, startLedger, type TestLedger } from './driver/start-ledger.ts';

let ledger: TestLedger;
let role: ServiceRole;
beforeAll(async () => {
  ledger = await startLedger();
  role = await connectAsService(ledger.database, 'ledger');
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
      const selectTenants = `select distinct tenant_id from ${relation}`;
      expect((await role.query(selectTenants)).rows).toEqual([]);
      expect((await role.as(ours.tenantId, selectTenants)).rows).toEqual([{ tenant_id: ours.tenantId }]);
    }
  });

  it('lets nothing be written under another tenant', async () => {
    const [ours, theirs] = [await ledger.tenant(), await ledger.tenant()];
    const asOurs = (text: string) => role.as(ours.tenantId, text, [theirs.tenantId]);

    const stolen = await asOurs("update tenants set currency = 'USD' where tenant_id = $1");
    const planted = asOurs("insert into categories (tenant_id, id, name) values ($1, gen_random_uuid(), 'Planted')");

    await expect(planted).rejects.toMatchObject({ code: '42501' });
    expect(stolen.rowCount).toBe(0);
  });
});
