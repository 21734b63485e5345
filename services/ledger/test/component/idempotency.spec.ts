import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@outlay/platform';
import { createTcpProxy, eventually } from '@outlay/testkit';
import pg from 'pg';
import { anExpense, startLedger, type TestLedger, type TestTenant, withKey } from './driver/start-ledger.ts';

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await startLedger();
});
afterAll(() => ledger.stop());

describe('an expense recorded under an idempotency key', () => {
  // The first booking of a tenant also takes a lock on the tenant, behind which twins would queue.
  it.each([0, 1])(
    'is booked once when it is asked for twenty times at once, after %i other bookings, and answered the same each time',
    async (earlier) => {
      const [tenant, other] = [await ledger.tenant(), await ledger.tenant()];
      for (let count = 0; count < earlier; count++) {
        await ledger.client.recordExpense(tenant.owner, { input: anExpense() });
      }
      const context = withKey(tenant.owner, newId());

      const answers = await Promise.all(
        Array.from({ length: 20 }, () => ledger.client.recordExpense(context, { input: anExpense() })),
      );

      const [first] = answers.filter(({ replayed }) => !replayed);
      expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
      for (const { expense } of answers) expect(expense).toEqual(first!.expense);
      const times = (count: number) => count * (earlier + 1);
      expect(await booked(tenant)).toEqual({
        expenses: times(1),
        entries: times(1),
        postings: times(2),
        audits: times(1),
        events: times(1),
      });
      expect(await booked(other)).toEqual({ expenses: 0, entries: 0, postings: 0, audits: 0, events: 0 });
    },
  );

  it('gives the first answer again later, though the world has moved on', async () => {
    const tenant = await ledger.tenant();
    const { category } = await ledger.client.createCategory(tenant.owner, { name: 'Software' });
    const context = withKey(tenant.owner, newId());
    const request = { input: anExpense({ categoryId: category!.id }) };
    const first = await ledger.client.recordExpense(context, request);
    await ledger.client.reverseExpense(tenant.owner, { expenseId: first.expense!.id });
    await ledger.query("update ledger.categories set name = 'Tools' where id = $1", [category!.id]);

    const again = await ledger.client.recordExpense(context, request);

    expect(again).toEqual({ expense: first.expense, replayed: true, warnings: [] });
  });

  it('is refused under a key that came with another request', async () => {
    const tenant = await ledger.tenant();
    const context = withKey(tenant.owner, newId());
    await ledger.client.recordExpense(context, { input: anExpense() });

    const other = ledger.client.recordExpense(context, { input: anExpense({ title: 'Something else' }) });

    await expect(other).rejects.toMatchObject({ kind: 'invalid', code: 'idempotency_key_reused' });
    expect(await booked(tenant)).toMatchObject({ expenses: 1 });
  });

  it('does not take the key when it is refused', async () => {
    const tenant = await ledger.tenant();
    const context = withKey(tenant.owner, newId());
    const refused = ledger.client.recordExpense(context, { input: anExpense({ categoryId: newId() }) });
    await expect(refused).rejects.toMatchObject({ kind: 'invalid' });

    const { replayed } = await ledger.client.recordExpense(context, { input: anExpense() });

    expect(replayed).toBe(false);
  });

  it('never gets the answer of another user or tenant who chose the same key', async () => {
    const [tenant, other] = [await ledger.tenant(), await ledger.tenant()];
    const key = newId();

    const answers = [];
    for (const context of [tenant.owner, tenant.member, other.owner]) {
      answers.push(await ledger.client.recordExpense(withKey(context, key), { input: anExpense() }));
    }

    expect(answers.map(({ replayed }) => replayed)).toEqual([false, false, false]);
    expect(new Set(answers.map(({ expense }) => expense!.id)).size).toBe(3);
  });

  it('is booked once by a repetition when the server dropped the connection in the middle', async () => {
    const tenant = await ledger.tenant();
    await ledger.client.recordExpense(tenant.owner, { input: anExpense() });
    const key = newId();
    const holder = await holdKey(tenant, key);

    const broken = ledger.client.recordExpense(withKey(tenant.owner, key), { input: anExpense() });
    const outcome = broken.then(
      () => 'answered',
      (error) => error.kind,
    );
    await eventually(async () => {
      const killed = await ledger.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where usename = 'outlay_ledger' and datname = current_database() and wait_event = 'transactionid'`,
      );
      expect(killed).toHaveLength(1);
    });
    expect(await outcome).toBe('unavailable');
    await holder.giveWay();

    expect(await booked(tenant)).toMatchObject({ expenses: 1 });
    const answers = [
      await ledger.client.recordExpense(withKey(tenant.owner, key), { input: anExpense() }),
      await ledger.client.recordExpense(withKey(tenant.owner, key), { input: anExpense() }),
    ];
    expect(answers.map(({ replayed }) => replayed)).toEqual([false, true]);
    expect(answers[1]!.expense).toEqual(answers[0]!.expense);
    expect(await booked(tenant)).toEqual({ expenses: 2, entries: 2, postings: 4, audits: 2, events: 2 });
  });

  it('is answered with what was booked when the answer to the commit was lost', async () => {
    const proxy = await createTcpProxy(ledger.database.adminUrl);
    const behindProxy = await startLedger({ through: { proxy, database: ledger.database } });
    const tenant = await behindProxy.tenant();
    await behindProxy.client.recordExpense(tenant.owner, { input: anExpense() });
    const key = newId();
    const holder = await holdKey(tenant, key);

    // The statement is on the server and waits; from now on no byte comes back. Then the twin gives way and it commits.
    const lost = behindProxy.client.recordExpense(withKey(tenant.owner, key), { input: anExpense() });
    const outcome = lost.then(
      () => 'answered',
      (error) => error.kind,
    );
    await eventually(async () => {
      const waiting = await ledger.query(
        `select pid from pg_stat_activity
         where usename = 'outlay_ledger' and datname = current_database() and wait_event = 'transactionid'`,
      );
      expect(waiting).toHaveLength(1);
    });
    proxy.hang();
    await holder.giveWay();
    await eventually(async () => expect(await booked(tenant)).toMatchObject({ expenses: 2 }));
    proxy.cut();
    await proxy.resume();

    expect(['unavailable', 'deadline_exceeded']).toContain(await outcome);
    const again = await behindProxy.client.recordExpense(withKey(tenant.owner, key), { input: anExpense() });
    expect(again.replayed).toBe(true);
    expect(await booked(tenant)).toEqual({ expenses: 2, entries: 2, postings: 4, audits: 2, events: 2 });
    await behindProxy.stop();
    await proxy.close();
  });
});

describe('the other commands under an idempotency key', () => {
  it('have one effect and one answer as well', async () => {
    const tenant = await ledger.tenant();
    const { expense } = await ledger.client.recordExpense(tenant.owner, { input: anExpense() });
    const expenseId = expense!.id;
    const keyed = () => withKey(tenant.owner, newId());
    const twice = async <T>(call: (context: ReturnType<typeof keyed>) => Promise<T>) => {
      const context = keyed();
      return Promise.all([call(context), call(context)]);
    };

    const commands = [
      await twice((context) => ledger.client.createCategory(context, { name: 'Software' })),
      await twice((context) =>
        ledger.client.createAccount(context, { name: 'Card', kind: 'card', currency: '', openingBalance: undefined }),
      ),
      await twice((context) => ledger.client.createProject(context, { name: 'Website' })),
      await twice((context) =>
        ledger.client.editExpense(context, {
          expenseId,
          input: anExpense({ title: 'Two seats' }),
          updateMask: ['title'],
        }),
      ),
      await twice((context) => ledger.client.reverseExpense(context, { expenseId })),
    ];

    for (const [one, two] of commands) {
      expect([one, two].filter(({ replayed }) => replayed)).toHaveLength(1);
      expect({ ...two, replayed: false }).toEqual({ ...one, replayed: false });
    }
    const { expense: read } = await ledger.client.getExpense(tenant.owner, { expenseId });
    expect(read).toMatchObject({ version: 3n, title: 'Two seats', status: 'reversed' });
  });
});

/** A twin that has not committed: whoever comes with the same key waits for it in the middle of the statement. */
async function holdKey(tenant: TestTenant, key: string) {
  const holder = new pg.Client({ connectionString: ledger.database.adminUrl });
  await holder.connect();
  await holder.query('begin');
  await holder.query(
    `insert into ledger.idempotency_keys (tenant_id, actor_id, operation, key, request_hash)
     values ($1, $2, 'record_expense', $3, '\\x00')`,
    [tenant.tenantId, tenant.ids.ownerId, key],
  );
  return {
    async giveWay(): Promise<void> {
      await holder.query('rollback');
      await holder.end();
    },
  };
}

async function booked(tenant: TestTenant) {
  const [counts] = await ledger.query<Record<string, number>>(
    `select
       (select count(*)::int from ledger.expenses where tenant_id = $1) as expenses,
       (select count(*)::int from ledger.journal_entries where tenant_id = $1) as entries,
       (select count(*)::int from ledger.postings where tenant_id = $1) as postings,
       (select count(*)::int from ledger.audit_entries where tenant_id = $1) as audits,
       (select count(*)::int from ledger.outbox where tenant_id = $1 and type like '%.expense.%') as events`,
    [tenant.tenantId],
  );
  return counts;
}
