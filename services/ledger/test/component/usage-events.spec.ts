import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ledgerEvents } from '@outlay/contracts';
import { eventually } from '@outlay/testkit';
import { anExpense, startLedger, type TestLedger, type TestTenant } from './driver/start-ledger.ts';

/** Two processes on one database, so that both tell. */
let ledger: TestLedger;
let beside: TestLedger;
beforeAll(async () => {
  ledger = await startLedger();
  beside = await startLedger({ beside: ledger.database });
});
afterAll(async () => {
  await beside.stop();
  await ledger.stop();
});

describe('the usage of a tenant', () => {
  it('is told with all counts when it has changed, and nobody else’s', async () => {
    const [tenant, other] = [await ledger.tenant(), await ledger.tenant()];
    const website = await project(tenant, 'Website');
    const { expense } = await record(tenant, website);
    await record(tenant, website);
    await record(tenant);

    await eventually(async () =>
      expect((await usageTold(tenant)).at(-1)).toEqual({
        expenses_per_project: [2n, website],
        expenses_total: [3n, ''],
        projects: [1n, ''],
      }),
    );
    await ledger.client.reverseExpense(tenant.owner, { expenseId: expense!.id });

    await eventually(async () =>
      expect((await usageTold(tenant)).at(-1)).toEqual({
        expenses_per_project: [1n, website],
        expenses_total: [2n, ''],
        projects: [1n, ''],
      }),
    );
    expect(await usageTold(other)).toEqual([]);
  });

  it('is told in versions that grow, however many tell', async () => {
    const tenant = await ledger.tenant();
    for (let count = 0; count < 3; count++) {
      await project(tenant, `Project ${count}`);
      await eventually(async () =>
        expect((await usageTold(tenant)).at(-1)).toMatchObject({ projects: [BigInt(count + 1), ''] }),
      );
    }

    const versions = (await ledger.allEvents(tenant.tenantId))
      .filter(({ type }) => type === 'outlay.ledger.usage.changed.v1')
      .map(({ aggregateversion }) => aggregateversion);

    expect(versions).toEqual(versions.toSorted((left, right) => left - right));
    expect(new Set(versions).size).toBe(versions.length);
  });
});

describe('a limit that is reached', () => {
  it('is told once for each time, hard or soft', async () => {
    const tenant = await ledger.tenant({
      limits: { projects: { limit: 1, mode: 'hard' }, expenses_per_project: { limit: 2, mode: 'soft' } },
    });
    const website = await project(tenant, 'Website');
    await expect(project(tenant, 'Another')).rejects.toMatchObject({ code: 'plan_limit_reached' });
    const expenses = [];
    for (let count = 0; count < 4; count++) expenses.push(await record(tenant, website));

    const [full, exceeded] = [
      { metric: 'projects', scopeId: '', limit: 1n, mode: 'hard', used: 1n },
      { metric: 'expenses_per_project', scopeId: website, limit: 2n, mode: 'soft', used: 3n },
    ];
    await eventually(async () => expect(await limitsTold(tenant)).toEqual([full, exceeded]));
    for (const { expense } of expenses.slice(0, 2)) {
      await ledger.client.reverseExpense(tenant.owner, { expenseId: expense!.id });
    }
    await record(tenant, website);

    await eventually(async () => expect(await limitsTold(tenant)).toEqual([full, exceeded, exceeded]));
    await eventually(async () =>
      expect((await usageTold(tenant)).at(-1)).toMatchObject({ expenses_per_project: [3n, website] }),
    );
    expect(await limitsTold(tenant)).toHaveLength(3);
  });
});

const project = async (tenant: TestTenant, name: string): Promise<string> =>
  (await ledger.client.createProject(tenant.owner, { name, code: '', description: '' })).project!.id;
const record = (tenant: TestTenant, projectId = '') =>
  ledger.client.recordExpense(tenant.owner, { input: anExpense({ projectId }) });

/** What was told, by metric: how many, and of which project. */
async function usageTold(tenant: TestTenant) {
  const events = await ledger.allEvents(tenant.tenantId);
  return events
    .filter(({ type }) => type === 'outlay.ledger.usage.changed.v1')
    .map(({ data }) =>
      Object.fromEntries(
        ledgerEvents.UsageChanged.fromJSON(data).usage.map(({ metric, used, scopeId }) => [metric, [used, scopeId]]),
      ),
    );
}

async function limitsTold(tenant: TestTenant) {
  const events = await ledger.allEvents(tenant.tenantId);
  return events
    .filter(({ type }) => type === 'outlay.ledger.plan_limit.reached.v1')
    .map(({ data }) => {
      const { reachedAt, ...told } = ledgerEvents.PlanLimitReached.fromJSON(data);
      expect(reachedAt).toBeInstanceOf(Date);
      return told;
    });
}
