import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startPlatform, type TestPlatform } from '@outlay/testkit';
import pg from 'pg';
import { createProvisioner, type Provisioner } from '../drivers/add-members.ts';
import { createOutlayClient } from '../drivers/outlay-client.ts';
import { subjectEnvironment } from '../fuzz/subject.ts';
import { type FurnishedTenant, furnishTenant } from './furnished-tenant.ts';

// A whole platform, on a machine that may be busy with others.
jest.setTimeout(120_000);

let platform: TestPlatform;
let provisioner: Provisioner;
let ours: FurnishedTenant;
let theirs: FurnishedTenant;
beforeAll(async () => {
  platform = await startPlatform({ bus: 'embedded', environment: subjectEnvironment });
  provisioner = createProvisioner(platform);
  const outlay = createOutlayClient(platform.gatewayUrl);
  ours = await furnishTenant(outlay, provisioner);
  theirs = await furnishTenant(outlay, provisioner);
});
afterAll(async () => {
  provisioner?.close();
  await platform?.stop();
});

/** Not allowed at all, or not for this tenant; a row without its month finds no partition to be refused by. */
const refusals = ['42501', '23514'];

// With whatever SQL: what a service forgets to ask for, the database does not give.
describe.each(['identity', 'tenancy_billing', 'ledger', 'notifications', 'reporting'])('the role of %s', (schema) => {
  it('reads, changes, deletes and adds nothing of another tenant, in any table of tenants', async () => {
    const tables = await platform.database.query<{ name: string }>(
      `select format('%I.%I', $1::text, class.relname) as name from pg_class as class
       join pg_attribute as attribute on attribute.attrelid = class.oid and attribute.attname = 'tenant_id'
       where class.relnamespace = $1::regnamespace and class.relkind in ('r', 'p') order by 1`,
      [schema],
    );
    const role = new pg.Client({ connectionString: platform.database.urlFor(schema) });
    await role.connect();
    const faults: string[] = [];
    let theirRows = 0;
    try {
      for (const { name } of tables) {
        const [{ count } = { count: '0' }] = await platform.database.query<{ count: string }>(
          `select count(*) from ${name} where tenant_id = $1`,
          [theirs.owner.tenantId],
        );
        theirRows += Number(count);
        for (const statement of [
          `select from ${name} where tenant_id <> $1 or tenant_id = $2`,
          `update ${name} set tenant_id = $1 where tenant_id = $2`,
          `delete from ${name} where tenant_id = $2 and tenant_id <> $1`,
          `insert into ${name} (tenant_id) select $2::uuid where $1::uuid is not null`,
        ]) {
          await role.query('begin');
          await role.query("select set_config('app.tenant_id', $1, true)", [ours.owner.tenantId]);
          await role.query(statement, [ours.owner.tenantId, theirs.owner.tenantId]).then(
            ({ rowCount }) => rowCount && faults.push(`${statement}: ${rowCount} rows`),
            ({ code, message }) => refusals.includes(code) || faults.push(`${statement}: ${message}`),
          );
          await role.query('rollback');
        }
      }
    } finally {
      await role.end();
    }

    expect(faults).toEqual([]);
    // Nothing to be found would be nothing shown.
    expect(theirRows).toBeGreaterThan(schema === 'tenancy_billing' ? 2 : 10);
  });
});
