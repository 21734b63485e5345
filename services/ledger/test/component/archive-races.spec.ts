import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createSilentLogger, newId, systemContext, toTenantId } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import pg from 'pg';
import { createLedgerDatabase } from '../../src/store/ledger-database.ts';
import { referencesOf } from './driver/references.ts';
import { anExpense, startLedger, type TestLedger, type TestTenant, withKey } from './driver/start-ledger.ts';

let ledger: TestLedger;
let database: ReturnType<typeof createLedgerDatabase>;
beforeAll(async () => {
  ledger = await startLedger();
  database = createLedgerDatabase(ledger.database.urlFor('ledger'), createSilentLogger());
});
afterAll(async () => {
  await database.close();
  await ledger.stop();
});

describe.each(['category', 'account', 'project'] as const)('a %s that is archived', (entity) => {
  const kind = () => referencesOf(ledger)[entity];
  const column = `${entity}_id`;
  const record = (tenant: TestTenant, id: string, key = newId()) =>
    ledger.client.recordExpense(withKey(tenant.owner, key), { input: anExpense({ [kind().field]: id }) });

  it('takes no expense of somebody who saw it open, once it is said to be archived', async () => {
    const tenant = await ledger.tenant();
    const [closed, open] = [await kind().create(tenant.owner, 'Closed'), await kind().create(tenant.owner, 'Open')];
    await record(tenant, open.id);
    const [toClosed, toOpen] = [await holdKey(tenant, 'closed'), await holdKey(tenant, 'open')];
    const recording = [record(tenant, closed.id, 'closed'), record(tenant, open.id, 'open')] as const;
    await eventually(async () => expect(await waiting()).toBe(2));

    const archived = await kind().change(tenant.owner, closed.id, { archived: true });
    await Promise.all([toClosed.release(), toOpen.release()]);

    expect(archived).toMatchObject({ archivedAt: expect.any(Date) });
    await expect(recording[0]).rejects.toMatchObject({
      kind: 'invalid',
      details: [{ field: column, code: 'archived' }],
    });
    await expect(recording[1]).resolves.toMatchObject({ expense: { [entity]: { id: open.id } } });
    expect(await countOf(tenant, column, closed.id)).toBe(0);
  });

  it.each(['moved', 'added with others'])(
    'takes no expense that is %s to it: the command runs again and sees it',
    async (how) => {
      const tenant = await ledger.tenant();
      const { id } = await kind().create(tenant.owner, 'Closed');
      const { expense } = await ledger.client.recordExpense(tenant.owner, { input: anExpense() });
      const seen: boolean[] = [];

      const moving = database.withTenant(systemContext(toTenantId(tenant.tenantId)), async (session) => {
        const table = { category: 'categories', account: 'accounts', project: 'projects' }[entity];
        const { rows } = await session.query<{ is_open: boolean }>(
          `select archived_at is null as is_open from ${table} where tenant_id = $1 and id = $2`,
          [tenant.tenantId, id],
        );
        seen.push(Boolean(rows[0]?.is_open));
        if (seen.length === 1) await kind().change(tenant.owner, id, { archived: true });
        if (!rows[0]?.is_open) return 'refused';
        const move = `update expenses set ${column} = $3 where tenant_id = $1 and id = $2`;
        const add = `
        insert into expenses (tenant_id, id, entry_id, entry_recorded_at, currency, amount_minor, booked_currency,
          booked_amount_minor, rate, rate_source, rate_date, title, expense_date, user_id, created_at, updated_at, ${column})
        select $1, gen_random_uuid(), $2, now(), 'EUR', 1, 'EUR', 1, 1, 'identity', '2025-01-01', 'New', '2025-01-01', $2,
          now(), now(), referred.id
        from (values ($3::uuid), (null)) as referred (id)`;
        await session.query(how === 'moved' ? move : add, [tenant.tenantId, expense!.id, id]);
        return 'done';
      });

      expect(await moving).toBe('refused');
      expect(seen).toEqual([true, false]);
      expect(await countOf(tenant, column, id)).toBe(0);
    },
  );

  it.each(['archived', 'deleted'])('is not said to be %s before those who were booking to it are done', async (how) => {
    const tenant = await ledger.tenant();
    const { id } = await kind().create(tenant.owner, 'Closing');
    if (how === 'deleted') await record(tenant, id);
    const { expense } = await ledger.client.recordExpense(tenant.owner, { input: anExpense() });
    const booking = new pg.Client({ connectionString: ledger.database.adminUrl });
    await booking.connect();
    await booking.query('begin');
    await booking.query(`update ledger.expenses set ${column} = $3 where tenant_id = $1 and id = $2`, [
      ...[tenant.tenantId, expense!.id, id],
    ]);

    let isSaid = false;
    const closing =
      how === 'archived' ? kind().change(tenant.owner, id, { archived: true }) : kind().remove(tenant.owner, id);
    const said = closing.then(() => {
      isSaid = true;
    });
    await eventually(async () => expect(await waiting()).toBe(1));
    const later = record(tenant, id);
    if (how === 'archived') await expect(later).rejects.toMatchObject({ details: [{ code: 'archived' }] });
    expect(isSaid).toBe(false);
    await booking.query('commit');
    await booking.end();
    await Promise.allSettled([said, later]);

    expect(isSaid).toBe(true);
    expect(await kind().get(tenant.owner, id)).toMatchObject({ archivedAt: expect.any(Date) });
  });
});

/** Has whoever records under this key of the owner wait, in the middle of the statement. */
async function holdKey({ tenantId, ids }: TestTenant, key: string) {
  const client = new pg.Client({ connectionString: ledger.database.adminUrl });
  await client.connect();
  await client.query('begin');
  await client.query(
    `insert into ledger.idempotency_keys (tenant_id, actor_id, operation, key, request_hash)
     values ($1, $2, 'record_expense', $3, '')`,
    [tenantId, ids.ownerId, key],
  );
  return {
    async release() {
      await client.query('rollback');
      await client.end();
    },
  };
}

/** How many of the ledger wait for a lock in its database. */
async function waiting(): Promise<number> {
  const [row] = await ledger.query<{ count: string }>(
    `select count(*) as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return Number(row?.count);
}

async function countOf({ tenantId }: TestTenant, column: string, id: string): Promise<number> {
  const [row] = await ledger.query<{ count: string }>(
    `select count(*) as count from ledger.expenses where tenant_id = $1 and ${column} = $2`,
    [tenantId, id],
  );
  return Number(row?.count);
}
