import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { ledger as contract } from '@outlay/contracts';
import { changePlan } from './driver/change-plan.ts';
import {
  anExpense,
  type Limits,
  startLedger,
  type TestLedger,
  type TestTenant,
  withKey,
} from './driver/start-ledger.ts';

let ledger: TestLedger;
const tenants: TestTenant[] = [];
beforeAll(async () => {
  ledger = await startLedger();
});
afterAll(() => ledger.stop());
afterEach(async () => {
  for (const { tenantId } of tenants.splice(0)) expect(await faults(tenantId)).toEqual([]);
});

describe('a hard limit', () => {
  it('refuses what goes beyond it, and says which limit it is and what can be done', async () => {
    const tenant = await tenantOn({ projects: hard(2) });
    const other = await tenantOn({ projects: hard(2) });
    await project(tenant, 'One');
    await project(tenant, 'Two');

    await expect(project(tenant, 'Three')).rejects.toMatchObject({
      kind: 'forbidden',
      code: 'plan_limit_reached',
      message: 'The plan allows 2 projects; there are 2',
      meta: { metric: 'projects', limit: '2', used: '2', remedy: expect.stringContaining('archive a project') },
    });

    const projects = await ledger.query<{ name: string }>(
      'select name from ledger.projects where tenant_id = $1 order by name',
      [tenant.tenantId],
    );
    expect(projects.map(({ name }) => name)).toEqual(['One', 'Two']);
    await project(other, 'Three');
  });

  it('says that a name is taken where it is, also when it is used up', async () => {
    const tenant = await tenantOn({ projects: hard(1) });
    await project(tenant, 'One');

    await expect(project(tenant, 'One')).rejects.toMatchObject({ code: 'name_taken' });
  });

  it('counts accounts, which are apart from projects', async () => {
    const tenant = await tenantOn({ accounts: hard(1), projects: hard(0) });
    await account(tenant, 'Card');

    await expect(account(tenant, 'Cash')).rejects.toMatchObject({
      meta: { metric: 'accounts', limit: '1', used: '1' },
    });
    await expect(project(tenant, 'One')).rejects.toMatchObject({ meta: { metric: 'projects', limit: '0', used: '0' } });
  });

  it('counts expenses in all, and a reversal gives back', async () => {
    const tenant = await tenantOn({ expenses_total: hard(2) });
    const first = await record(tenant);
    await record(tenant);
    await expect(record(tenant)).rejects.toMatchObject({
      code: 'plan_limit_reached',
      meta: { metric: 'expenses_total', limit: '2', used: '2' },
    });

    await ledger.client.reverseExpense(tenant.owner, { expenseId: first.expense!.id });
    await record(tenant);

    await expect(record(tenant)).rejects.toMatchObject({ code: 'plan_limit_reached' });
    expect(await used(tenant, 'expenses_total')).toBe(2);
  });

  it('holds nobody up who repeats a request that was granted', async () => {
    const tenant = await tenantOn({ expenses_total: hard(1) });
    const owner = withKey(tenant.owner, 'once');
    const first = await ledger.client.recordExpense(owner, { input: anExpense() });

    const again = await ledger.client.recordExpense(owner, { input: anExpense() });

    expect(again).toEqual({ ...first, replayed: true });
  });

  it('leaves no trace of what it refuses: the key can be used again', async () => {
    const tenant = await tenantOn({ expenses_total: hard(0) });
    const owner = withKey(tenant.owner, 'later');
    await expect(ledger.client.recordExpense(owner, { input: anExpense() })).rejects.toMatchObject({
      code: 'plan_limit_reached',
    });
    expect(await ledger.events(tenant.tenantId)).toEqual([]);

    await changePlan(ledger, tenant, 2, {});

    expect(await ledger.client.recordExpense(owner, { input: anExpense() })).toMatchObject({ replayed: false });
  });
});

describe('what is archived', () => {
  it('counts no more until it is restored, which a full plan refuses', async () => {
    const tenant = await tenantOn({ projects: hard(1), accounts: hard(1) });
    const { project: old } = await project(tenant, 'Old');
    const { account: card } = await account(tenant, 'Old card');
    const archive = (archived: boolean) =>
      ledger.client.updateProject(tenant.owner, { projectId: old!.id, input: undefined, updateMask: [], archived });

    await archive(true);
    await archive(true);
    await ledger.client.updateAccount(tenant.owner, {
      ...{ accountId: card!.id, input: undefined, updateMask: [], archived: true },
    });
    const { project: fresh } = await project(tenant, 'New');
    await account(tenant, 'New card');

    await expect(archive(false)).rejects.toMatchObject({ code: 'plan_limit_reached', meta: { metric: 'projects' } });
    await ledger.client.deleteProject(tenant.owner, { projectId: fresh!.id });
    await archive(false);
    await expect(project(tenant, 'Another')).rejects.toMatchObject({ code: 'plan_limit_reached' });
    expect(await used(tenant, 'projects')).toBe(1);
  });

  it('gives back when it is deleted as well, whether it is removed or archived by that', async () => {
    const tenant = await tenantOn({ projects: hard(2) });
    const [referred, free] = [await project(tenant, 'Referred'), await project(tenant, 'Free')];
    await record(tenant, { projectId: referred.project!.id });

    await ledger.client.deleteProject(tenant.owner, { projectId: referred.project!.id });
    await ledger.client.deleteProject(tenant.owner, { projectId: free.project!.id });

    expect(await used(tenant, 'projects')).toBe(0);
    await project(tenant, 'One');
    await project(tenant, 'Two');
    await expect(project(tenant, 'Three')).rejects.toMatchObject({ code: 'plan_limit_reached' });
  });
});

describe('a soft limit', () => {
  it('lets through and warns, in the repeated answer too', async () => {
    const tenant = await tenantOn({ expenses_per_project: soft(2) });
    const [one, two] = [await project(tenant, 'One'), await project(tenant, 'Two')];
    const inOne = { projectId: one.project!.id };
    expect(await record(tenant, inOne)).toMatchObject({ warnings: [] });
    expect(await record(tenant, inOne)).toMatchObject({ warnings: [] });

    const owner = withKey(tenant.owner, 'third');
    const third = await ledger.client.recordExpense(owner, { input: anExpense(inOne) });

    expect(third.warnings).toEqual([
      {
        code: 'plan_limit_exceeded',
        message: expect.stringContaining('The plan is for 2 expenses in a project; there are 3.'),
        metric: 'expenses_per_project',
        limit: 2n,
        used: 3n,
        scopeId: inOne.projectId,
      },
    ]);
    expect(await ledger.client.recordExpense(owner, { input: anExpense(inOne) })).toEqual({ ...third, replayed: true });
    expect(await record(tenant, { projectId: two.project!.id })).toMatchObject({ warnings: [] });
    expect(await record(tenant)).toMatchObject({ warnings: [] });
  });

  it('keeps its warnings for the repeated answer in the transaction that books, at the limit and far beyond it', async () => {
    const tenant = await tenantOn({ expenses_per_project: soft(1), expenses_total: soft(2) });
    const { project: full } = await project(tenant, 'Full');
    const inFull = { projectId: full!.id };
    const recordUnder = (key: string) =>
      ledger.client.recordExpense(withKey(tenant.owner, key), { input: anExpense(inFull) });
    const limits = (answer: contract.RecordExpenseResponse) =>
      answer.warnings.map(({ metric, limit, used: count }) => [metric, limit, count]);

    const answers = [await recordUnder('first'), await recordUnder('second'), await recordUnder('third')];
    const rows = Array.from({ length: 500 }, () => anExpense(inFull));
    for (let sent = 0; sent < 3; sent++)
      await ledger.client.recordExpenses(tenant.owner, { inputs: rows, perRow: false });
    answers.push(await recordUnder('far'), await recordUnder('farther'));

    expect(answers.map(limits)).toEqual([
      [],
      [['expenses_per_project', 1n, 2n]],
      ...[3n, 1_504n, 1_505n].map((count) => [
        ['expenses_per_project', 1n, count],
        ['expenses_total', 2n, count],
      ]),
    ]);
    for (const [index, key] of ['first', 'second', 'third', 'far', 'farther'].entries()) {
      expect(await recordUnder(key)).toEqual({ ...answers[index], replayed: true });
    }
    const ofBooking = await ledger.query(
      `select stored.key from ledger.idempotency_keys as stored
       where stored.tenant_id = $1 and exists (
         select from ledger.expenses as expense where expense.tenant_id = $1 and expense.xmin = stored.xmin
       )`,
      [tenant.tenantId],
    );
    expect(ofBooking).toHaveLength(5);
  });

  it('warns of an edit that moves an expense into a full project, and of no other', async () => {
    const tenant = await tenantOn({ expenses_per_project: soft(1) });
    const [full, free] = [await project(tenant, 'Full'), await project(tenant, 'Free')];
    await record(tenant, { projectId: full.project!.id });
    const { expense } = await record(tenant, { projectId: free.project!.id });
    const edit = (input: Partial<contract.ExpenseInput>, updateMask: string[]) =>
      ledger.client.editExpense(tenant.owner, { expenseId: expense!.id, input: anExpense(input), updateMask });

    const moved = await edit({ projectId: full.project!.id }, ['project_id']);
    const renamed = await edit({ title: 'Another' }, ['title']);

    expect(moved.warnings).toMatchObject([{ used: 2n, limit: 1n, scopeId: full.project!.id }]);
    expect(renamed.warnings).toEqual([]);
    expect(await used(tenant, 'expenses_per_project', free.project!.id)).toBe(0);
    expect(await used(tenant, 'expenses_per_project', full.project!.id)).toBe(2);
  });
});

describe('another plan', () => {
  it('holds from the moment it is known, in either direction', async () => {
    const tenant = await tenantOn({ projects: hard(1) });
    await project(tenant, 'One');
    await expect(project(tenant, 'Two')).rejects.toMatchObject({ code: 'plan_limit_reached' });

    await changePlan(ledger, tenant, 2, {});
    await project(tenant, 'Two');
    await project(tenant, 'Three');
    await changePlan(ledger, tenant, 3, { projects: hard(2) });

    await expect(project(tenant, 'Four')).rejects.toMatchObject({ meta: { limit: '2', used: '3' } });
  });

  it('lets nobody make more while there are more than it allows', async () => {
    const tenant = await tenantOn({});
    const made = [];
    for (let count = 0; count < 4; count++) made.push(await record(tenant));
    await changePlan(ledger, tenant, 2, { expenses_total: hard(2) });

    await ledger.client.reverseExpense(tenant.owner, { expenseId: made[0]!.expense!.id });
    await expect(record(tenant)).rejects.toMatchObject({ meta: { limit: '2', used: '3' } });
    await ledger.client.reverseExpense(tenant.owner, { expenseId: made[1]!.expense!.id });
    await expect(record(tenant)).rejects.toMatchObject({ meta: { limit: '2', used: '2' } });
    await ledger.client.reverseExpense(tenant.owner, { expenseId: made[2]!.expense!.id });

    await record(tenant);
  });
});

const hard = (limit: number) => ({ limit, mode: 'hard' }) as const;
const soft = (limit: number) => ({ limit, mode: 'soft' }) as const;

async function tenantOn(limits: Limits): Promise<TestTenant> {
  const tenant = await ledger.tenant({ limits });
  tenants.push(tenant);
  return tenant;
}

const project = (tenant: TestTenant, name: string) => ledger.client.createProject(tenant.owner, { name });
const account = (tenant: TestTenant, name: string) =>
  ledger.client.createAccount(tenant.owner, { name, kind: 'card', currency: 'EUR', openingBalance: undefined });
const record = (tenant: TestTenant, different: Partial<contract.ExpenseInput> = {}) =>
  ledger.client.recordExpense(tenant.owner, { input: anExpense(different) });

const faults = (tenantId: string) => ledger.query('select * from ledger.usage_faults($1)', [tenantId]);

async function used(tenant: TestTenant, metric: string, scopeId?: string): Promise<number> {
  const [row] = await ledger.query<{ used: string }>(
    `select sum(used) as used from ledger.usage_counters
     where tenant_id = $1 and metric = $2 and ($3::uuid is null or scope_id = $3)`,
    [tenant.tenantId, metric, scopeId],
  );
  return Number(row?.used);
}
