import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@outlay/platform';
import { createTestDatabase, type TestDatabase } from '@outlay/testkit';
import pg from 'pg';

const otherSchemas = ['identity', 'tenancy_billing', 'ledger', 'notifications'];

const insertRow = `insert into tenants (tenant_id, currency, version) values ($1, 'EUR', 1)`;

/** Every table and partition, with what protects it; a view counts as protected by what it selects from. */
const catalogue = `
  select
    class.relname as name, class.relrowsecurity as enabled, class.relforcerowsecurity as forced,
    exists (
      select from pg_attribute as attribute
      where attribute.attrelid = class.oid and attribute.attname = 'tenant_id' and attribute.attnotnull
    ) as has_tenant,
    coalesce(class.reloptions @> array['security_invoker=true'], false) as invoker, class.relkind as kind,
    (
      select policy.polqual is not null and policy.polwithcheck is not null
        and pg_get_expr(policy.polqual, policy.polrelid) = pg_get_expr(policy.polwithcheck, policy.polrelid)
        and pg_get_expr(policy.polqual, policy.polrelid) like '%app.tenant_id%'
      from pg_policy as policy
      where policy.polrelid = class.oid and policy.polname = 'tenant_isolation'
    ) as isolates,
    array(
      select policy.polname::text from pg_policy as policy
      where policy.polrelid = class.oid and not policy.polroles <@ array['outlay_reporting_system'::regrole::oid]
    ) as policies
  from pg_class as class
  where class.relnamespace = 'reporting'::regnamespace and class.relkind in ('r', 'p', 'v', 'm', 'f')
  order by class.relname`;

describe('the schema of reporting', () => {
  let database: TestDatabase;
  let service: pg.Client;
  beforeAll(async () => {
    database = await createTestDatabase();
    service = new pg.Client(database.urlFor('reporting'));
    await service.connect();
  });
  afterAll(async () => {
    await service.end();
    await database.drop();
  });

  const queryAsAdmin = async (text: string) => {
    const admin = new pg.Client(database.adminUrl);
    await admin.connect();
    return admin.query(text).finally(() => admin.end());
  };
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

  it('has row-level security forced on each table and partition, with the tenant as the one policy', async () => {
    const { rows } = await queryAsAdmin(catalogue);

    expect(rows.length).toBeGreaterThan(10);
    for (const row of rows) {
      expect(row).toMatchObject(
        row.kind === 'v'
          ? { invoker: true }
          : { enabled: true, forced: true, has_tenant: true, isolates: true, policies: ['tenant_isolation'] },
      );
    }
  });

  it('has the tenant first in every primary and unique key', async () => {
    const { rows } = await queryAsAdmin(
      `select class.relname as name, attribute.attname as first
      from pg_index as index
      join pg_class as class on class.oid = index.indrelid
      join pg_attribute as attribute on attribute.attrelid = class.oid and attribute.attnum = index.indkey[0]
      where class.relnamespace = 'reporting'::regnamespace and index.indisunique`,
    );

    expect(rows.filter((row) => row.first !== 'tenant_id')).toEqual([]);
  });

  it('shows a tenant its own rows alone, and no rows to nobody', async () => {
    const [tenantId, otherId] = [newId(), newId()];
    await asTenant(tenantId, insertRow, [tenantId]);

    expect((await asTenant(tenantId, 'select tenant_id from tenants')).rowCount).toBe(1);
    expect((await asTenant(otherId, 'select tenant_id from tenants')).rowCount).toBe(0);
    expect((await asTenant('', 'select tenant_id from tenants')).rowCount).toBe(0);
    expect((await asTenant(otherId, 'update tenants set version = 2')).rowCount).toBe(0);
    await expect(asTenant(otherId, insertRow, [tenantId])).rejects.toThrow(/row-level security/);
  });

  it.each(otherSchemas)('cannot be left: %s is out of reach', async (schema) => {
    const { rows } = await queryAsAdmin(
      `select class.relname as name from pg_class as class
      where class.relnamespace = '${schema}'::regnamespace and class.relkind in ('r', 'p', 'v')`,
    );
    expect(rows.length).toBeGreaterThan(0);

    for (const { name } of rows) {
      await expect(service.query(`select 1 from ${schema}."${name}" limit 1`)).rejects.toThrow(/permission denied/);
    }
  });
});
