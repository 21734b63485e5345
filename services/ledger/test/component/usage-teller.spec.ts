import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createSilentLogger, type Database, newId } from '@outlay/platform';
import { createTestDatabase, eventually, newTenant, type TestDatabase } from '@outlay/testkit';
import pg from 'pg';
import { createLedgerDatabase } from '../../src/store/ledger-database.ts';
import { createUsageTeller } from '../../src/usage/usage-teller.ts';
import { insertTenant, type Limits } from './driver/start-ledger.ts';

const logger = createSilentLogger();
let testDatabase: TestDatabase;
let admin: pg.Pool;
let database: Database;
let teller: ReturnType<typeof createUsageTeller>;
beforeEach(async () => {
  testDatabase = await createTestDatabase();
  admin = new pg.Pool({ connectionString: testDatabase.adminUrl, max: 2 });
  admin.on('error', () => undefined);
  database = createLedgerDatabase(testDatabase.urlFor('ledger'), logger);
  // Whoever was told of within the hour is not told of again, but for what cannot wait.
  teller = createUsageTeller({ database, clock: () => new Date(), logger, pollMs: 10, gapMs: 3_600_000 });
  await teller.start?.();
});
afterEach(async () => {
  await teller.stop?.();
  await database.close();
  await admin.end();
  await testDatabase.drop();
});

async function tenant(limits: Limits): Promise<string> {
  const { tenantId } = newTenant();
  await insertTenant(admin, tenantId, { limits });
  return tenantId;
}

const makeProject = (tenantId: string) =>
  admin.query('insert into ledger.projects (tenant_id, id, name) values ($1, $2, $3)', [tenantId, newId(), newId()]);

async function told(tenantId: string): Promise<string[]> {
  const { rows } = await admin.query<{ type: string }>(
    'select type from ledger.outbox where tenant_id = $1 order by seq',
    [tenantId],
  );
  return rows.map(({ type }) => type.replace(/^outlay\.ledger\.|\.v1$/g, ''));
}

it('tells at once of a limit that is reached, and of other changes when the time has come', async () => {
  const [reaching, growing] = [
    await tenant({ projects: { limit: 2, mode: 'hard' } }),
    await tenant({ projects: { limit: 9, mode: 'hard' } }),
  ];
  for (const tenantId of [reaching, growing]) {
    await makeProject(tenantId);
    await eventually(async () => expect(await told(tenantId)).toEqual(['usage.changed']));
  }

  await makeProject(growing);
  await makeProject(reaching);

  await eventually(async () =>
    expect(await told(reaching)).toEqual(['usage.changed', 'plan_limit.reached', 'usage.changed']),
  );
  // The round that told of the limit saw this change as well.
  expect(await told(growing)).toEqual(['usage.changed']);
  const { rows } = await admin.query('select from ledger.usage_changes where tenant_id = $1', [growing]);
  expect(rows.length).toBeGreaterThan(0);
});
