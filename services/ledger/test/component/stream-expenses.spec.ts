import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ledger as messages } from '@outlay/contracts';
import { newId } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import pg from 'pg';
import { anExpense, startLedger, type TestLedger, type TestTenant } from './driver/start-ledger.ts';

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await startLedger();
});
afterAll(() => ledger.stop());

describe('the stream of a tenant’s expenses', () => {
  it('holds each expense once in its present state, reversed ones too', async () => {
    const [tenant, other] = [await ledger.tenant(), await ledger.tenant()];
    const [kept, edited, reversed] = [await record(tenant), await record(tenant), await record(tenant)];
    await record(other);
    await ledger.client.editExpense(tenant.owner, {
      expenseId: edited.id,
      input: anExpense({ title: 'Two seats' }),
      updateMask: ['title'],
    });
    await ledger.client.reverseExpense(tenant.owner, { expenseId: reversed.id });

    const { expenses } = await stream(tenant);

    expect(expenses.map(({ id, version, status, title }) => ({ id, version, status, title }))).toEqual([
      { id: kept.id, version: 1n, status: 'posted', title: 'Design tool' },
      { id: edited.id, version: 2n, status: 'posted', title: 'Two seats' },
      { id: reversed.id, version: 2n, status: 'reversed', title: 'Design tool' },
    ]);
    expect(expenses[0]).toEqual(kept);
  });

  it('says first what expenses may refer to is called, archived or not, and in which version', async () => {
    const [tenant, other] = [await ledger.tenant(), await ledger.tenant()];
    const { category } = await ledger.client.createCategory(tenant.owner, { name: 'Software' });
    const { account } = await ledger.client.createAccount(tenant.owner, {
      ...{ name: 'Card', kind: 'card', currency: 'EUR', openingBalance: undefined },
    });
    const { project } = await ledger.client.createProject(tenant.owner, { name: 'Website' });
    await ledger.client.createCategory(other.owner, { name: 'Theirs' });
    await record(tenant);
    await ledger.client.updateProject(tenant.owner, {
      ...{ projectId: project!.id, input: { name: 'Shop', code: '', description: '' }, updateMask: ['name'] },
      archived: true,
    });

    const { messages, expenses } = await stream(tenant);

    expect(messages.flatMap(({ references }) => references)).toEqual([
      { kind: 'account', id: account!.id, name: 'Card', version: 1n },
      { kind: 'category', id: category!.id, name: 'Software', version: 1n },
      { kind: 'project', id: project!.id, name: 'Shop', version: 2n },
    ]);
    expect(expenses).toHaveLength(1);
    expect(messages.at(-1)).toMatchObject({ references: [], expenses: [expenses[0]] });
  });

  it('is one empty message for a tenant without expenses', async () => {
    const tenant = await ledger.tenant();

    const { messages, expenses } = await stream(tenant);

    expect(messages).toHaveLength(1);
    expect(expenses).toEqual([]);
  });

  it('comes in parts of 500 that are one picture, whatever is booked while it is read', async () => {
    const tenant = await ledger.tenant();
    await plant(tenant, 1_200);

    const parts: messages.StreamExpensesResponse[] = [];
    for await (const part of ledger.client.streamExpenses(ledger.asService(tenant.tenantId), {
      tenantId: tenant.tenantId,
    })) {
      parts.push(part);
      // With ids anywhere, half of them where an open list would still come across them.
      await plant(tenant, 100);
    }

    expect(parts.map(({ expenses }) => expenses.length)).toEqual([500, 500, 200]);
    expect(new Set(parts.flatMap(({ expenses }) => expenses.map(({ id }) => id))).size).toBe(1_200);
    expect(new Set(parts.map(({ asOf }) => asOf!.getTime())).size).toBe(1);
  });

  it('is as of an instant before which nothing was created that it lacks', async () => {
    const tenant = await ledger.tenant();
    await record(tenant);
    // A booking that has begun and will be committed when the picture has been taken.
    const writer = new pg.Client({ connectionString: ledger.database.urlFor('ledger') });
    await writer.connect();
    await writer.query('begin');
    const { rows } = await writer.query<{ now: Date }>("select now(), set_config('app.tenant_id', $1, true)", [
      tenant.tenantId,
    ]);

    const begunAt = rows[0]!.now.getTime();
    // Longer than what is taken off the instant in any case.
    await eventually(() => expect(Date.now()).toBeGreaterThan(begunAt + 1_100));

    const { asOf, expenses } = await stream(tenant);
    await writer.query('rollback');
    await writer.end();

    expect(expenses).toHaveLength(1);
    expect(asOf.getTime()).toBeLessThanOrEqual(begunAt);
    const later = await stream(tenant);
    expect(later.asOf.getTime()).toBeGreaterThan(asOf.getTime());
  });

  it('leaves no transaction open when its reader goes away', async () => {
    const tenant = await ledger.tenant();
    await plant(tenant, 1_200);

    for await (const _ of ledger.client.streamExpenses(ledger.asService(tenant.tenantId), {
      tenantId: tenant.tenantId,
    })) {
      break;
    }

    await eventually(async () => {
      const open = await ledger.query(
        `select pid from pg_stat_activity
         where usename = 'outlay_ledger' and datname = current_database() and state like 'idle in transaction%'`,
      );
      expect(open).toEqual([]);
    });
  });

  it('is for services alone, and for the tenant they name', async () => {
    const tenant = await ledger.tenant();
    const read = async (context: Parameters<typeof ledger.client.streamExpenses>[0], tenantId: string) => {
      for await (const _ of ledger.client.streamExpenses(context, { tenantId })) return 'read';
      return 'nothing';
    };

    await expect(read(tenant.owner, tenant.tenantId)).rejects.toMatchObject({ kind: 'forbidden' });
    await expect(read(ledger.asService(newId()), tenant.tenantId)).rejects.toMatchObject({ code: 'tenant_mismatch' });
    await expect(read(ledger.asService(), 'nonsense')).rejects.toMatchObject({ kind: 'invalid' });
    expect(await read(ledger.asService(), tenant.tenantId)).toBe('read');
  });
});

async function stream(tenant: TestTenant) {
  const messages: messages.StreamExpensesResponse[] = [];
  const context = ledger.asService(tenant.tenantId);
  for await (const message of ledger.client.streamExpenses(context, { tenantId: tenant.tenantId })) {
    messages.push(message);
  }
  return { messages, asOf: messages[0]!.asOf!, expenses: messages.flatMap(({ expenses }) => expenses) };
}

async function record(tenant: TestTenant) {
  const { expense } = await ledger.client.recordExpense(tenant.owner, { input: anExpense() });
  return expense!;
}

/** Rows for the stream to read; how they came to be does not matter to it. */
const plant = (tenant: TestTenant, count: number) =>
  ledger.query(
    `insert into ledger.expenses (tenant_id, id, entry_id, entry_recorded_at, currency, amount_minor, booked_currency,
       booked_amount_minor, rate, rate_source, rate_date, title, expense_date, user_id, created_at, updated_at)
     select $1, gen_random_uuid(), gen_random_uuid(), now(), 'EUR', 1, 'EUR', 1, 1, 'identity', '2025-01-01', 'Many',
       '2025-01-01', $2, now(), now()
     from generate_series(1, $3)`,
    [tenant.tenantId, tenant.ids.ownerId, count],
  );
