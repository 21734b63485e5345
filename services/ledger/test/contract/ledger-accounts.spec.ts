import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createTestDatabase, newTenant, type TestDatabase } from '@outlay/testkit';
import pg from 'pg';
import { ledgerAccounts } from '../../src/domain/ledger-account.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

it('the accounts every tenant has are the same in the code and in the chart of accounts', async () => {
  const admin = new pg.Client({ connectionString: database.adminUrl });
  await admin.connect();
  await admin.query("insert into ledger.tenants (tenant_id, currency) values ($1, 'EUR')", [newTenant().tenantId]);
  const { rows } = await admin.query<{ id: string }>('select id from ledger.ledger_accounts');
  await admin.end();

  expect(rows.map(({ id }) => id).toSorted()).toEqual(Object.values(ledgerAccounts).toSorted());
});
