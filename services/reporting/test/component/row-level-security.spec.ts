import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@outlay/platform';
import {
  connectAsService,
  createTestDatabase,
  isolationFaults,
  reachesOfService,
  type ServiceRole,
  type TestDatabase,
} from '@outlay/testkit';

const insertRow = `insert into tenants (tenant_id, currency, version) values ($1, 'EUR', 1)`;

describe('the schema of reporting', () => {
  let database: TestDatabase;
  let role: ServiceRole;
  beforeAll(async () => {
    database = await createTestDatabase();
    role = await connectAsService(database, 'reporting');
  });
  afterAll(async () => {
    await role.end();
    await database.drop();
  });

  it('keeps tenants apart on every table, partition, view and key', async () => {
    expect(await isolationFaults(database, 'reporting')).toEqual([]);
  });

  it('is all that the service can reach', async () => {
    expect(await reachesOfService(database, 'reporting')).toEqual([]);
  });

  it('shows a tenant its own rows alone, and no rows to nobody', async () => {
    const [tenantId, otherId] = [newId(), newId()];
    await role.as(tenantId, insertRow, [tenantId]);

    expect((await role.as(tenantId, 'select tenant_id from tenants')).rowCount).toBe(1);
    expect((await role.as(otherId, 'select tenant_id from tenants')).rowCount).toBe(0);
    expect((await role.as('', 'select tenant_id from tenants')).rowCount).toBe(0);
    expect((await role.as(otherId, 'update tenants set version = 2')).rowCount).toBe(0);
    await expect(role.as(otherId, insertRow, [tenantId])).rejects.toThrow(/row-level security/);
  });
});
