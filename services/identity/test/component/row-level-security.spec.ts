import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
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

/** Every table of the schema, partitions and their parents included, and what protects it. */
const catalogue = `
  select class.relname as name, class.relrowsecurity as enabled, class.relforcerowsecurity as forced,
    exists (
      select from pg_attribute as attribute where attribute.attrelid = class.oid and attribute.attname = 'tenant_id'
    ) as has_tenant,
    array(select policy.polname::text from pg_policy as policy where policy.polrelid = class.oid order by 1) as policies
  from pg_class as class
  where class.relnamespace = 'identity'::regnamespace and class.relkind in ('r', 'p')`;

describe('row-level security', () => {
  it('is forced on every table and partition of the schema', async () => {
    type Table = { name: string; enabled: boolean; forced: boolean; has_tenant: boolean; policies: string[] };
    const tables = await identity.query<Table>(catalogue);

    expect(tables.length).toBeGreaterThan(8);
    for (const table of tables) {
      expect(table).toMatchObject({ enabled: true, forced: true });
      const needed = table.has_tenant ? 'tenant_isolation' : 'platform_wide';
      expect({ table: table.name, policies: table.policies }).toMatchObject({
        policies: expect.arrayContaining([needed]),
      });
    }
  });

  it('has no view that would look with the eyes of its owner', async () => {
    const views = await identity.query(`
      select class.relname from pg_class as class
      where class.relnamespace = 'identity'::regnamespace and class.relkind in ('v', 'm')
        and not coalesce(class.reloptions @> array['security_invoker=true'], false)`);

    expect(views).toEqual([]);
  });

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

  it('gives the role nothing in the schemas of other services, nor the right to bypass or change anything', async () => {
    for (const schema of ['tenancy_billing', 'ledger', 'notifications', 'reporting']) {
      const tables = await identity.query<{ name: string }>(
        `select class.relname as name from pg_class as class
         where class.relnamespace = $1::regnamespace and class.relkind in ('r', 'p')`,
        [schema],
      );
      expect(tables.length).toBeGreaterThan(0);
      for (const { name } of tables) {
        await expect(role.query(`select 1 from ${schema}.${name}`)).rejects.toMatchObject({ code: '42501' });
      }
    }
    const [attributes] = await identity.query(
      `select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolinherit from pg_roles
       where rolname = 'outlay_identity'`,
    );
    expect(Object.values(attributes!)).not.toContain(true);
    for (const statement of [
      'alter table tenants disable row level security',
      'create table identity.mine (id int)',
      'delete from tenants',
      'delete from users',
      'delete from signing_keys',
      'delete from audit_entries',
      'set role outlay_owner',
      'set role outlay_tenancy_billing_system',
    ]) {
      await expect(role.query(statement)).rejects.toMatchObject({ code: '42501' });
    }
  });
});
