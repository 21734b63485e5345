import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, isolationFaults, reachesOfService, type TestDatabase } from '@outlay/testkit';
import pg from 'pg';

let database: TestDatabase;
let admin: pg.Client;
beforeAll(async () => {
  database = await createTestDatabase();
  admin = new pg.Client({ connectionString: database.adminUrl });
  await admin.connect();
});
afterAll(async () => {
  await admin.end();
  await database.drop();
});

describe('the isolation of tenants and services', () => {
  it.each([
    ['alter table ledger.expenses disable row level security', 'expenses: row-level security is not forced'],
    ['alter table ledger.expenses no force row level security', 'expenses: row-level security is not forced'],
    ['drop policy tenant_isolation on ledger.expenses', 'expenses: its rows are not kept by tenant'],
    ['create policy wide on ledger.expenses using (true)', 'expenses: has another way in than the tenant'],
    ['create policy wide on identity.users to public using (true)', 'users: is open to others than its service'],
    ['create view ledger.eyes as select 1 as one', 'eyes: looks with the eyes of its owner'],
    ['create materialized view ledger.eyes as select 1 as one', 'eyes: cannot be protected by rows'],
    ['create unique index on ledger.expenses (id)', 'expenses: a key begins with id'],
    [
      'create function ledger.act() returns int language sql security definer as $$ select 1 $$',
      'act: acts for its owner',
    ],
  ])('is broken by: %s', async (statement, fault) => {
    const [, schema = ''] = /(ledger|identity)\./.exec(statement) ?? [];
    const own = await createTestDatabase();
    try {
      const client = new pg.Client({ connectionString: own.adminUrl });
      await client.connect();
      await client.query(statement);
      await client.end();

      expect(await isolationFaults(own, schema)).toEqual([fault]);
    } finally {
      await own.drop();
    }
  });

  it('is broken by what a role is granted elsewhere', async () => {
    await admin.query('grant usage on schema reporting to outlay_ledger');
    await admin.query('grant select on reporting.month_totals to outlay_ledger');

    expect(await reachesOfService(database, 'ledger')).toEqual(['select from reporting.month_totals limit 1']);
  });
});
