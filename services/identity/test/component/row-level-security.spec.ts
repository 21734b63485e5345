import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connectAsService, isolationFaults, reachesOfService, type ServiceRole } from '@outlay/testkit';
import { startIdentity, type TestIdentity } from './driver/start-identity.ts';

let identity: TestIdentity;
let role: ServiceRole;
beforeAll(async () => {
  identity = await startIdentity();
  role = await connectAsService(identity.database, 'identity');
});
afterAll(async () => {
  await role.end();
  await identity.stop();
});

describe('the schema', () => {
  it('keeps tenants apart on every table, partition, view and key', async () => {
    expect(await isolationFaults(identity.database, 'identity')).toEqual([]);
  });

  it('is all that the service can reach', async () => {
    expect(await reachesOfService(identity.database, 'identity')).toEqual([]);
  });
});

describe('row-level security', () => {
  it('shows the service no tenant unless it says which, and then that one alone', async () => {
    const [ours] = [await identity.createOwner(), await identity.createOwner()];
    const selectTenants = 'select memberships.tenant_id from memberships';

    expect((await role.query(selectTenants)).rows).toEqual([]);
    expect((await role.as(ours.tenantId, selectTenants)).rows).toEqual([{ tenant_id: ours.tenantId }]);
  });

  it('lets nothing be written under another tenant', async () => {
    const [ours, theirs] = [await identity.createOwner(), await identity.createOwner()];
    const asOurs = (text: string, values: string[]) => role.as(ours.tenantId, text, values);

    const stolen = await asOurs('update tenants set name = $1 where tenant_id = $2', ['Stolen', theirs.tenantId]);
    const moved = asOurs('update tenants set tenant_id = $1 where tenant_id = $2', [theirs.tenantId, ours.tenantId]);

    await expect(moved).rejects.toMatchObject({ code: '42501' });
    expect(stolen.rowCount).toBe(0);
  });

  it('lets the service change nothing that is kept for good, nor the rules', async () => {
    for (const statement of [
      'alter table tenants disable row level security',
      'delete from tenants',
      'delete from users',
      'delete from signing_keys',
    ]) {
      await expect(role.query(statement)).rejects.toMatchObject({ code: '42501' });
    }
  });
});
