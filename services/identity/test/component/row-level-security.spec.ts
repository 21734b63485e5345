import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isolationFaults, reachesOfService } from '@outlay/testkit';
import pg from 'pg';
import { startIdentity, type TestIdentity } from './driver/start-identity.ts';

let identity: TestIdentity;
let role: pg.Client;
beforeAll(async () => {
  identity = await startIdentity();
  role = new pg.Client({ connectionString: identity.database.urlFor('identity') });
  await role.connect();
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
    const visible = async () => (await role.query('select memberships.tenant_id from memberships')).rows;

    expect(await visible()).toEqual([]);
    await role.query('begin');
    await role.query("select set_config('app.tenant_id', $1, true)", [ours.tenantId]);
    expect(await visible()).toEqual([{ tenant_id: ours.tenantId }]);
    await role.query('rollback');
  });

  it('lets nothing be written under another tenant', async () => {
    const [ours, theirs] = [await identity.createOwner(), await identity.createOwner()];

    await role.query('begin');
    await role.query("select set_config('app.tenant_id', $1, true)", [ours.tenantId]);
    const stolen = await role.query('update tenants set name = $1 where tenant_id = $2', ['Stolen', theirs.tenantId]);
    const moved = role.query('update tenants set tenant_id = $1 where tenant_id = $2', [
      theirs.tenantId,
      ours.tenantId,
    ]);
    await expect(moved).rejects.toMatchObject({ code: '42501' });
    await role.query('rollback');

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
