import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { anExpense, startLedger, type TestLedger } from './driver/start-ledger.ts';

let ledger: TestLedger;
let role: pg.Client;
beforeAll(async () => {
  ledger = await startLedger();
  role = new pg.Client({ connectionString: ledger.database.urlFor('ledger') });
  await role.connect();
});
afterAll(async () => {
  await role.end();
  await ledger.stop();
});

describe('row-level security', () => {
  it('is forced on every table and partition of the schema, by the policy of tenants', async () => {
    const tables = await ledger.query(
      `select class.relname as name, class.relrowsecurity as enabled, class.relforcerowsecurity as forced,
         array(
           select pg_get_expr(policy.polqual, policy.polrelid) || ' / ' || pg_get_expr(policy.polwithcheck, policy.polrelid)
           from pg_policy as policy where policy.polrelid = class.oid and policy.polname = 'tenant_isolation'
         ) as policies
       from pg_class as class
       where class.relnamespace = 'ledger'::regnamespace and class.relkind in ('r', 'p')`,
    );

    const rule = "(tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)";
    expect(tables.length).toBeGreaterThan(25);
    for (const table of tables) {
      expect(table).toMatchObject({ enabled: true, forced: true, policies: [`${rule} / ${rule}`] });
    }
  });

  it('has no view that would look with the eyes of its owner', async () => {
    const views = await ledger.query<{ name: string; is_invoker: boolean }>(
      `select class.relname as name, coalesce(class.reloptions @> array['security_invoker=true'], false) as is_invoker
       from pg_class as class
       where class.relnamespace = 'ledger'::regnamespace and class.relkind in ('v', 'm')`,
    );

    expect(views.length).toBeGreaterThan(0);
    for (const view of views) expect(view).toMatchObject({ is_invoker: true });
  });

  it('has no function that acts for its owner, but those that make and drop the months', async () => {
    const functions = await ledger.query<{ name: string }>(
      `select proc.proname as name from pg_proc as proc
       where proc.pronamespace = 'ledger'::regnamespace and proc.prosecdef order by 1`,
    );

    expect(functions.map(({ name }) => name)).toEqual(['drop_month_partitions', 'ensure_month_partitions']);
  });

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
      const visible = async () =>
        (await role.query<{ tenant_id: string }>(`select distinct tenant_id from ${relation}`)).rows;
      expect(await visible()).toEqual([]);
      await role.query('begin');
      await role.query("select set_config('app.tenant_id', $1, true)", [ours.tenantId]);
      expect(await visible()).toEqual([{ tenant_id: ours.tenantId }]);
      await role.query('rollback');
    }
  });

  it('lets nothing be written under another tenant', async () => {
    const [ours, theirs] = [await ledger.tenant(), await ledger.tenant()];

    await role.query('begin');
    await role.query("select set_config('app.tenant_id', $1, true)", [ours.tenantId]);
    const stolen = await role.query("update tenants set currency = 'USD' where tenant_id = $1", [theirs.tenantId]);
    const planted = role.query(
      "insert into categories (tenant_id, id, name) values ($1, gen_random_uuid(), 'Planted')",
      [theirs.tenantId],
    );
    await expect(planted).rejects.toMatchObject({ code: '42501' });
    await role.query('rollback');

    expect(stolen.rowCount).toBe(0);
  });

  it('gives the role nothing in the schemas of other services', async () => {
    for (const schema of ['identity', 'tenancy_billing', 'notifications', 'reporting']) {
      const tables = await ledger.query<{ name: string }>(
        `select class.relname as name from pg_class as class
         where class.relnamespace = $1::regnamespace and class.relkind in ('r', 'p')`,
        [schema],
      );
      expect(tables.length).toBeGreaterThan(0);
      for (const { name } of tables) {
        await expect(role.query(`select 1 from ${schema}.${name}`)).rejects.toMatchObject({ code: '42501' });
      }
    }
    for (const statement of [
      'set role outlay_owner',
      'set role outlay_reporting_system',
      'create table mine (id int)',
    ]) {
      await expect(role.query(statement)).rejects.toMatchObject({ code: '42501' });
    }
  });
});
