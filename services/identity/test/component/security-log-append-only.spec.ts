import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { startIdentity, type TestIdentity } from './driver/start-identity.ts';

let identity: TestIdentity;
let service: pg.Client;
beforeAll(async () => {
  identity = await startIdentity();
  service = new pg.Client({ connectionString: identity.database.urlFor('identity') });
  await service.connect();
});
afterAll(async () => {
  await service.end();
  await identity.stop();
});

/** A tenant's log with an entry in it, seen by the service's own role in that tenant. */
async function withEntry() {
  const owner = await identity.createOwner();
  await identity.logIn(owner.email);
  await service.query(`select set_config('app.tenant_id', $1, false)`, [owner.tenantId]);
  const entries = () => identity.query('select * from identity.security_events where tenant_id = $1', [owner.tenantId]);
  return { tenantId: owner.tenantId, entries };
}

describe('The security log', () => {
  it.each([
    "update identity.security_events set kind = 'login.failed' where tenant_id = $1",
    "update identity.security_events set client_address = '' where tenant_id = $1",
    "update identity.security_events set client_address = '198.51.100.66' where tenant_id = $1",
    'delete from identity.security_events where tenant_id = $1',
  ])('is not changed by the service: %s', async (statement) => {
    const { tenantId, entries } = await withEntry();
    const before = await entries();
    await expect(service.query(statement, [tenantId])).rejects.toMatchObject({ code: '42501' });
    expect(await entries()).toEqual(before);
    expect(before.length).toBeGreaterThan(0);
  });

  it.each(["client_address = '198.51.100.66'", "user_agent = 'another'"])(
    'is told no other place by the role that erases: %s',
    async (change) => {
      const { tenantId, entries } = await withEntry();
      const before = await entries();
      const erase = (set: string) =>
        service.query(`begin; set local role outlay_identity_system;
          update identity.security_events set ${set} where tenant_id = '${tenantId}'; commit`);
      await expect(erase(change)).rejects.toMatchObject({ code: '42501' });
      await service.query('rollback');
      expect(await entries()).toEqual(before);

      await erase("client_address = '', user_agent = ''");
      expect(await entries()).toEqual(before.map((entry) => ({ ...entry, client_address: '', user_agent: '' })));
    },
  );

  it('of the platform is not changed by anybody who serves it', async () => {
    for (const statement of ["update identity.platform_events set kind = ''", 'delete from identity.platform_events']) {
      await expect(service.query(statement)).rejects.toMatchObject({ code: '42501' });
    }
  });
});
