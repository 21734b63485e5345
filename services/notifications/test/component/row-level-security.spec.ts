import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@outlay/platform';
import { createTestDatabase, isolationFaults, reachesOfService, type TestDatabase } from '@outlay/testkit';
import pg from 'pg';

const insertRow = `insert into deliveries (
        tenant_id, id, kind, about_id, slot, recipient, recipient_name, subject, parameters, created_at
      )
      values ($1, gen_random_uuid(), 'welcome', gen_random_uuid(), '', 'a@b', '', '', '{}', now())`;

describe('the schema of notifications', () => {
  let database: TestDatabase;
  let service: pg.Client;
  beforeAll(async () => {
    database = await createTestDatabase();
    service = new pg.Client(database.urlFor('notifications'));
    await service.connect();
  });
  afterAll(async () => {
    await service.end();
    await database.drop();
  });

  const asTenant = async (tenantId: string, text: string, values: unknown[] = []) => {
    await service.query('begin');
    try {
      await service.query(`select set_config('app.tenant_id', $1, true)`, [tenantId]);
      const result = await service.query(text, values);
      await service.query('commit');
      return result;
    } catch (error) {
      await service.query('rollback');
      throw error;
    }
  };

  it('keeps tenants apart on every table, partition, view and key', async () => {
    expect(await isolationFaults(database, 'notifications')).toEqual([]);
  });

  it('is all that the service can reach', async () => {
    expect(await reachesOfService(database, 'notifications')).toEqual([]);
  });

  it('shows a tenant its own rows alone, and no rows to nobody', async () => {
    const [tenantId, otherId] = [newId(), newId()];
    await asTenant(tenantId, insertRow, [tenantId]);

    expect((await asTenant(tenantId, 'select tenant_id from deliveries')).rowCount).toBe(1);
    expect((await asTenant(otherId, 'select tenant_id from deliveries')).rowCount).toBe(0);
    expect((await asTenant('', 'select tenant_id from deliveries')).rowCount).toBe(0);
    expect((await asTenant(otherId, 'update deliveries set attempts = 2')).rowCount).toBe(0);
    await expect(asTenant(otherId, insertRow, [tenantId])).rejects.toThrow(/row-level security/);
  });
});
