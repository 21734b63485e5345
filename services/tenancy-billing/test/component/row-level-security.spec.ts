import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isolationFaults, reachesOfService } from '@outlay/testkit';
import pg from 'pg';
import { startTenancy, type TestTenancy } from './driver/start-tenancy.ts';

let tenancy: TestTenancy;
let role: pg.Client;
beforeAll(async () => {
  tenancy = await startTenancy();
  role = new pg.Client({ connectionString: tenancy.database.urlFor('tenancy_billing') });
  await role.connect();
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
    const visible = async () => (await role.query('select tenants.tenant_id from tenants')).rows;

    expect(await visible()).toEqual([]);
    await role.query('begin');
    await role.query("select set_config('app.tenant_id', $1, true)", [ours.id]);
    expect(await visible()).toEqual([{ tenant_id: ours.id }]);
    await role.query('rollback');
  });

  it('lets nothing be written under another tenant', async () => {
    const [ours, theirs] = [await tenancy.registered(), await tenancy.registered()];

    await role.query('begin');
    await role.query("select set_config('app.tenant_id', $1, true)", [ours.id]);
    const stolen = await role.query('update tenants set name = $1 where tenant_id = $2', ['Stolen', theirs.id]);
    const moved = role.query('update tenants set tenant_id = $1 where tenant_id = $2', [theirs.id, ours.id]);
    await expect(moved).rejects.toMatchObject({ code: '42501' });
    await role.query('rollback');

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
