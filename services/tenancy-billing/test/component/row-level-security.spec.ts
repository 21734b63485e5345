import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connectAsService, isolationFaults, reachesOfService, type ServiceRole } from '@outlay/testkit';
import { startTenancy, type TestTenancy } from './driver/start-tenancy.ts';

let tenancy: TestTenancy;
let role: ServiceRole;
beforeAll(async () => {
  tenancy = await startTenancy();
  role = await connectAsService(tenancy.database, 'tenancy_billing');
});
afterAll(async () => {
  await role.end();
  await tenancy.stop();
});

describe('the schema', () => {
  it('keeps tenants apart on every table, partition, view and key', async () => {
    // A subdomain is one tenant's of the whole platform.
    expect(await isolationFaults(tenancy.database, 'tenancy_billing')).toEqual([
      'tenants: a key begins with subdomain',
    ]);
  });

  it('is all that the service can reach', async () => {
    expect(await reachesOfService(tenancy.database, 'tenancy_billing')).toEqual([]);
  });
});

describe('row-level security', () => {
  it('shows the service no tenant unless it says which, and then that one alone', async () => {
    const [ours] = [await tenancy.registered(), await tenancy.registered()];
    const selectTenants = 'select tenants.tenant_id from tenants';

    expect((await role.query(selectTenants)).rows).toEqual([]);
    expect((await role.as(ours.id, selectTenants)).rows).toEqual([{ tenant_id: ours.id }]);
  });

  it('lets nothing be written under another tenant', async () => {
    const [ours, theirs] = [await tenancy.registered(), await tenancy.registered()];
    const asOurs = (text: string, values: string[]) => role.as(ours.id, text, values);

    const stolen = await asOurs('update tenants set name = $1 where tenant_id = $2', ['Stolen', theirs.id]);
    const moved = asOurs('update tenants set tenant_id = $1 where tenant_id = $2', [theirs.id, ours.id]);

    await expect(moved).rejects.toMatchObject({ code: '42501' });
    expect(stolen.rowCount).toBe(0);
  });

  it('lets the service change nothing that is kept for good, nor the rules', async () => {
    for (const statement of [
      'alter table tenants disable row level security',
      'delete from tenants',
      'update plans set name = name',
    ]) {
      await expect(role.query(statement)).rejects.toMatchObject({ code: '42501' });
    }
  });
});
