import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { queues } from '@outlay/contracts';
import { type Bus, createBus, toOutboxRow } from '@outlay/messaging';
import { createSilentLogger, newId } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { startTenancy, type TestTenancy } from './driver/start-tenancy.ts';

let tenancy: TestTenancy;
let bus: Bus;
beforeAll(async () => {
  tenancy = await startTenancy();
  bus = createBus({ amqpUrl: tenancy.vhost.amqpUrl, databaseUrl: undefined, queues, logger: createSilentLogger() });
  await bus.start();
});
afterAll(async () => {
  await bus.stop();
  await tenancy.stop();
});

const project = '0197a3c0-3333-7000-8000-000000000001';

describe('the usage of a tenant', () => {
  it('is what was told last, beside what the plan allows', async () => {
    const [{ id }, other] = [await tenancy.registered(), await tenancy.registered()];

    await tell(id, 2, { projects: 2n, expenses_per_project: 101n });

    await eventually(async () =>
      expect(await usageOf(id)).toEqual({
        projects: { limit: 3n, mode: 'hard', used: 2n, scopeId: '' },
        accounts: { limit: 3n, mode: 'hard', used: 0n, scopeId: '' },
        expenses_per_project: { limit: 100n, mode: 'soft', used: 101n, scopeId: project },
        expenses_total: { limit: 100_000n, mode: 'hard', used: 0n, scopeId: '' },
      }),
    );
    expect(await usageOf(other.id)).toMatchObject({ projects: { used: 0n }, expenses_per_project: { used: 0n } });
  });

  it('never goes back to what was told earlier, whatever arrives last', async () => {
    const { id } = await tenancy.registered();
    await tell(id, 5, { projects: 3n });
    await eventually(async () => expect(await usageOf(id)).toMatchObject({ projects: { used: 3n } }));

    await tell(id, 4, { projects: 1n });
    await tell(id, 6, { accounts: 1n });

    await eventually(async () => expect(await usageOf(id)).toMatchObject({ accounts: { used: 1n } }));
    expect(await usageOf(id)).toMatchObject({ projects: { used: 3n } });
  });

  it('has no limit where the plan has none', async () => {
    const { id } = await tenancy.registered();
    await tenancy.client.changePlan(tenancy.platformAdmin(), { tenantId: id, plan: 'professional' });

    const { projects } = await usageOf(id);

    expect(projects!.limit).toBeUndefined();
  });

  it('is not for members to see', async () => {
    const { id } = await tenancy.registered();

    await expect(tenancy.client.getUsage(tenancy.as('member', id), {})).rejects.toMatchObject({ kind: 'forbidden' });
  });
});

async function usageOf(tenantId: string) {
  const { usage } = await tenancy.client.getUsage(tenancy.as('owner', tenantId), {});
  return Object.fromEntries(usage.map(({ metric, ...used }) => [metric, used]));
}

async function tell(tenantId: string, version: number, used: Record<string, bigint>) {
  const { envelope } = toOutboxRow(
    { requestId: newId() },
    {
      type: 'outlay.ledger.usage.changed.v1',
      tenantId,
      subject: tenantId,
      aggregateVersion: version,
      data: {
        usage: Object.entries(used).map(([metric, count]) => ({
          metric,
          used: count,
          scopeId: metric === 'expenses_per_project' ? project : '',
        })),
        countedAt: new Date(),
      },
    },
    new Date(),
  );
  const [outcome] = await bus.publish([JSON.parse(envelope)]);
  if (outcome?.kind !== 'taken') throw new Error('The bus did not take the event');
}
