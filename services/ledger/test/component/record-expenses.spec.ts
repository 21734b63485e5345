import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ledger as messages } from '@outlay/contracts';
import {
  anExpense,
  everything,
  startLedger,
  type TestLedger,
  type TestTenant,
  withKey,
} from './driver/start-ledger.ts';

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await startLedger();
});
afterAll(() => ledger.stop());

type Given = Parameters<typeof anExpense>[0];

const recordAll = (context: TestTenant['owner'], given: Given[], perRow = false) =>
  ledger.client.recordExpenses(context, { inputs: given.map((one) => anExpense(one)), perRow });

async function titles(tenant: TestTenant): Promise<string[]> {
  const request = { filter: { ...everything, status: 'all' }, sort: 'created_at', page: { limit: 200, cursor: '' } };
  return (await ledger.client.listExpenses(tenant.owner, request)).expenses.map(({ title }) => title);
}

const faults = ({ rows }: messages.RecordExpensesResponse) =>
  rows.flatMap(({ errors }) => errors.map(({ field, code }) => `${field} ${code}`));

describe('recording many expenses', () => {
  it('books each as if it came alone, in one transaction', async () => {
    const [tenant, other] = [await ledger.tenant(), await ledger.tenant()];
    const { account } = await ledger.client.createAccount(tenant.owner, {
      ...{ name: 'Dollars', kind: 'bank', currency: 'USD', description: '', openingBalance: undefined },
    });
    const abroad = { amount: { currency: 'USD', amountMinor: 10_000n }, exchangeRate: '0.9', accountId: account!.id };

    const answer = await recordAll(tenant.member, [{ title: 'One' }, { title: 'Two', ...abroad }, { title: 'Three' }]);

    expect(answer.rows.map(({ expense }) => expense?.title)).toEqual(['One', 'Two', 'Three']);
    for (const { expense } of answer.rows) {
      expect(await ledger.client.getExpense(tenant.member, { expenseId: expense!.id })).toEqual({ expense });
    }
    expect(answer.rows[1]!.expense).toMatchObject({ booked: { currency: 'EUR', amountMinor: 9_000n } });
    const [counts] = await ledger.query(
      `select
         (select count(*)::int from ledger.postings where tenant_id = $1) as postings,
         (select count(distinct recorded_at)::int from ledger.journal_entries where tenant_id = $1) as transactions,
         (select count(*)::int from ledger.audit_entries where tenant_id = $1 and action = 'expense.recorded') as audits`,
      [tenant.tenantId],
    );
    expect(counts).toEqual({ postings: 8, transactions: 1, audits: 3 });
    const recorded = (await ledger.events(tenant.tenantId)).filter(({ type }) => type.includes('expense.recorded'));
    expect(recorded).toHaveLength(3);
    expect(await ledger.events(other.tenantId)).toEqual([]);
  });

  it('may be none of them, whose key is taken from then on', async () => {
    const tenant = await ledger.tenant();
    const keyed = withKey(tenant.owner, randomUUID());

    const answers = [await recordAll(keyed, [], true), await recordAll(keyed, [], true)];

    expect(answers.map(({ rows, replayed }) => [rows, replayed])).toEqual([
      [[], false],
      [[], true],
    ]);
    const other = recordAll(keyed, [{ title: 'Late' }], true);
    await expect(other).rejects.toMatchObject({ code: 'idempotency_key_reused' });
    await expect(recordAll(tenant.owner, [])).rejects.toMatchObject({ details: [{ code: 'too_small' }] });
    expect(await titles(tenant)).toEqual([]);
  });

  it('books nothing where one cannot be, and names what is wrong with each', async () => {
    const [tenant, other] = [await ledger.tenant(), await ledger.tenant()];
    const { category } = await ledger.client.createCategory(other.owner, {
      ...{ name: 'Theirs', parentId: '', description: '' },
    });

    const answer = await recordAll(tenant.owner, [
      { title: 'Fine' },
      { title: '', amount: { currency: 'EUR', amountMinor: 0n } },
      { categoryId: category!.id },
      { amount: { currency: 'USD', amountMinor: 1n } },
    ]);

    expect(answer.rows.every(({ expense }) => expense === undefined)).toBe(true);
    expect(faults(answer)).toEqual([
      'expenses[1].amount zero',
      'expenses[1].title too_small',
      'expenses[2].category_id not_found',
      'expenses[3].exchange_rate required',
    ]);
    expect(await titles(tenant)).toEqual([]);
    const [stored] = await ledger.query('select currency_fixed_at from ledger.tenants where tenant_id = $1', [
      tenant.tenantId,
    ]);
    expect(stored).toEqual({ currency_fixed_at: null });
  });

  it('books what can be, where each row counts for itself', async () => {
    const tenant = await ledger.tenant();
    const { project } = await ledger.client.createProject(tenant.owner, { name: 'Old', code: '', description: '' });
    await ledger.client.updateProject(tenant.owner, {
      ...{ projectId: project!.id, input: undefined, updateMask: [], archived: true },
    });

    const given = [{ title: 'One' }, { projectId: project!.id }, { title: 'Three' }, { title: '' }];
    const answer = await recordAll(tenant.owner, given, true);

    expect(answer.rows.map(({ expense, code }) => expense?.title ?? code)).toEqual([
      ...['One', 'validation_failed', 'Three', 'validation_failed'],
    ]);
    expect(faults(answer)).toEqual(['expenses[1].project_id archived', 'expenses[3].title too_small']);
    expect(await titles(tenant)).toEqual(['One', 'Three']);
  });

  it('fixes no currency where every row is refused', async () => {
    const tenant = await ledger.tenant();

    await recordAll(tenant.owner, [{ projectId: randomUUID() }], true);

    const [stored] = await ledger.query('select currency_fixed_at from ledger.tenants where tenant_id = $1', [
      tenant.tenantId,
    ]);
    expect(stored).toEqual({ currency_fixed_at: null });
  });

  it('books once for an idempotency key, and refuses the key for others', async () => {
    const tenant = await ledger.tenant();
    const keyed = { ...tenant.owner, idempotencyKey: randomUUID() };

    const answers = await Promise.all(Array.from({ length: 4 }, () => recordAll(keyed, [{ title: 'Once' }, {}])));

    expect(new Set(answers.map(({ rows }) => rows[0]!.expense!.id)).size).toBe(1);
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(await titles(tenant)).toHaveLength(2);
    await expect(recordAll(keyed, [{ title: 'Another' }])).rejects.toMatchObject({ code: 'idempotency_key_reused' });
  });

  it('lets through as many as the plan has room for, where rows count for themselves', async () => {
    const hard = (limit: number) => ({ limit, mode: 'hard' as const });
    const tenant = await ledger.tenant({ limits: { expenses_total: hard(5) } });
    await recordAll(tenant.owner, [{ title: 'Before' }]);
    const wanted = Array.from({ length: 4 }, (_, index) => ({ title: `No ${index}` }));

    const together = recordAll(tenant.owner, [...wanted, {}]);
    await expect(together).rejects.toMatchObject({ code: 'plan_limit_reached', meta: { limit: '5', used: '1' } });
    expect(await titles(tenant)).toEqual(['Before']);

    const answers = await Promise.all([1, 2, 3].map(() => recordAll(tenant.member, wanted, true)));

    const rows = answers.flatMap((answer) => answer.rows);
    expect(rows.filter(({ expense }) => expense)).toHaveLength(4);
    expect(new Set(rows.map(({ code }) => code))).toEqual(new Set(['', 'plan_limit_reached']));
    expect(await titles(tenant)).toHaveLength(5);
  });

  it('are not warned of what was refused after all', async () => {
    const limits = {
      expenses_per_project: { limit: 1, mode: 'soft' as const },
      expenses_total: { limit: 2, mode: 'hard' as const },
    };
    const tenant = await ledger.tenant({ limits });
    const { project } = await ledger.client.createProject(tenant.owner, { name: 'Website' });
    const ofProject = { projectId: project!.id };

    const { rows, warnings } = await recordAll(tenant.owner, [{}, {}, ofProject, ofProject], true);

    expect(rows.map(({ code }) => code)).toEqual(['', '', 'plan_limit_reached', 'plan_limit_reached']);
    expect(warnings).toEqual([]);
  });

  it('takes 1 to 500', async () => {
    const tenant = await ledger.tenant();

    await expect(recordAll(tenant.owner, [])).rejects.toMatchObject({ details: [{ field: 'expenses' }] });
    const tooMany = recordAll(
      tenant.owner,
      Array.from({ length: 501 }, () => ({})),
    );
    await expect(tooMany).rejects.toMatchObject({ details: [{ field: 'expenses' }] });
    const answer = await recordAll(
      tenant.owner,
      Array.from({ length: 500 }, () => ({})),
    );
    expect(answer.rows.filter(({ expense }) => expense)).toHaveLength(500);
  });

  it('is not for analysts', async () => {
    const tenant = await ledger.tenant();

    await expect(recordAll(tenant.analyst, [{}])).rejects.toMatchObject({ kind: 'forbidden' });
  });
});

describe('the history of an expense', () => {
  it('tells who changed what, and what was booked for it', async () => {
    const [tenant, other] = [await ledger.tenant(), await ledger.tenant()];
    const { rows } = await recordAll(tenant.member, [{ title: 'Chairs' }, { title: 'Not this one' }]);
    const { id } = rows[0]!.expense!;
    await ledger.client.editExpense(tenant.owner, {
      ...{ expenseId: id, updateMask: ['title'], input: anExpense({ title: 'Two chairs' }) },
    });
    await ledger.client.reverseExpense(tenant.admin, { expenseId: id });

    const read = (context: TestTenant['owner'], cursor = '', limit = 50) =>
      ledger.client.listExpenseHistory(context, { expenseId: id, page: { limit, cursor } });
    const { changes } = await read(tenant.member);

    const told = changes.map(({ action, actorId, before, after, entries }) => ({
      ...{ action, actorId, from: before?.title, to: after?.title, status: after?.status },
      booked: entries.map(({ kind }) => kind).sort(),
    }));
    const { ownerId, memberId, adminId } = tenant.ids;
    expect(told).toEqual([
      {
        ...{ action: 'expense.reversed', actorId: adminId, from: 'Two chairs', to: 'Two chairs', status: 'reversed' },
        booked: ['reversal'],
      },
      {
        ...{ action: 'expense.edited', actorId: ownerId, from: 'Chairs', to: 'Two chairs', status: 'posted' },
        booked: ['expense', 'reversal'],
      },
      {
        ...{ action: 'expense.recorded', actorId: memberId, from: undefined, to: 'Chairs', status: 'posted' },
        booked: ['expense'],
      },
    ]);
    for (const { entries } of changes) {
      for (const { postings, expenseId } of entries) {
        expect(expenseId).toBe(id);
        expect(postings.reduce((sum, { amountMinor }) => sum + amountMinor, 0n)).toBe(0n);
      }
    }
    const first = await read(tenant.owner, '', 2);
    const second = await read(tenant.owner, first.page!.nextCursor, 2);
    expect([...first.changes, ...second.changes].map((change) => change.id)).toEqual(
      changes.map((change) => change.id),
    );
    for (const stranger of [tenant.otherMember, other.owner]) {
      await expect(read(stranger)).rejects.toMatchObject({ code: 'expense_not_found' });
    }
  });
});
