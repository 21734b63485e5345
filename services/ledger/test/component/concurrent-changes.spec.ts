import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { events as catalogue, type ledger } from '@outlay/contracts';
import { eventually } from '@outlay/testkit';
import pg from 'pg';
import { anExpense, startLedger, type TestLedger, type TestTenant, withKey } from './driver/start-ledger.ts';

let books: TestLedger;
let other: pg.Client;
beforeAll(async () => {
  books = await startLedger();
  other = new pg.Client({ connectionString: books.database.adminUrl });
  await other.connect();
});
afterAll(async () => {
  await other.end();
  await books.stop();
});

describe('a change that waited for another one', () => {
  it('tells the names of what the expense refers to since then', async () => {
    const tenant = await books.tenant();
    const [a, b] = [await references(tenant, 'A'), await references(tenant, 'B')];
    const { expense } = await books.client.recordExpense(tenant.owner, {
      input: anExpense({ categoryId: a.category.id, accountId: a.account.id, projectId: a.project.id }),
    });
    const reverse = () =>
      books.client.reverseExpense(withKey(tenant.owner, 'reverse-once'), {
        expenseId: expense!.id,
        version: undefined,
      });

    await other.query('begin');
    await other.query(
      'update ledger.expenses set category_id = $2, account_id = $3, project_id = $4, version = 2 where id = $1',
      [expense!.id, b.category.id, b.account.id, b.project.id],
    );
    const reversal = reverse();
    await untilOneWaits();
    await other.query('commit');

    const { expense: reversed } = await reversal;
    expect(reversed).toMatchObject({ ...b, status: 'reversed', version: 3n });
    expect(await reverse()).toEqual({ expense: reversed, replayed: true });
    const { data } = (await books.events(tenant.tenantId)).at(-1)!;
    expect(catalogue['outlay.ledger.expense.reversed.v1'].codec.fromJSON(data)).toEqual({ expense: reversed });
    const audits = await books.query(
      "select before, after from ledger.audit_entries where tenant_id = $1 and action = 'expense.reversed'",
      [tenant.tenantId],
    );
    expect(audits).toEqual([{ before: expect.objectContaining(b), after: expect.objectContaining(b) }]);
  });
});

/** A category, an account and a project of one name, as an expense tells of them. */
async function references(tenant: TestTenant, name: string) {
  const { category } = await books.client.createCategory(tenant.owner, { name });
  const { account } = await books.client.createAccount(tenant.owner, {
    name,
    kind: 'card',
    currency: '',
    openingBalance: undefined,
  });
  const { project } = await books.client.createProject(tenant.owner, { name });
  const named = (made: { id: string } | undefined): ledger.Reference => ({ id: made!.id, name });
  return { category: named(category), account: named(account), project: named(project) };
}

/** Resolves when the ledger waits for the transaction of the other session. */
async function untilOneWaits(): Promise<void> {
  await eventually(async () => {
    const waiting = await books.query(
      `select from pg_stat_activity
       where usename = 'outlay_ledger' and datname = current_database() and wait_event = 'transactionid'`,
    );
    expect(waiting).toHaveLength(1);
  });
}
