import { afterEach, describe, expect, it } from '@jest/globals';
import { newId, toTenantId } from '@outlay/platform';
import { createTcpProxy, eventually, type TcpProxy } from '@outlay/testkit';
import { type Harness, startHarness } from './harness.ts';
import { eventOf, expense } from './ledger-model.ts';

describe('reporting, when what it needs goes away', () => {
  let harness: Harness;
  const proxies: TcpProxy[] = [];
  afterEach(async () => {
    for (const proxy of proxies.splice(0)) await proxy.close();
    await harness.stop();
  });

  const summaryOf = (tenantId: string) =>
    harness.client.getMonthSummary(harness.as({ tenantId }), { month: '2025-01', userId: '' });
  const readyz = async () => {
    const answer = await fetch(`${harness.opsUrl}/readyz`);
    return { status: answer.status, failing: ((await answer.json()) as { failing: string[] }).failing };
  };
  const through = async (url: string): Promise<[TcpProxy, string]> => {
    const proxy = await createTcpProxy(url);
    proxies.push(proxy);
    return [proxy, proxy.url(url)];
  };
  const threeExpenses = () => [1n, 20n, 300n].map((amountMinor) => eventOf(expense({ id: newId(), amountMinor })));

  it.each(['rabbitmq', 'embedded'] as const)(
    'catches up with what was published while it was stopped, on %s',
    async (on) => {
      harness = await startHarness({ on });
      const tenantId = toTenantId(newId());
      await harness.publish(tenantId, [eventOf(expense({ id: newId(), amountMinor: 4_000n }))]);
      await eventually(async () => expect((await summaryOf(tenantId)).totalMinor).toBe(4_000n));
      await harness.service.stop();

      await harness.publish(tenantId, threeExpenses());
      const { client } = await harness.startReplica();

      await eventually(async () => {
        const summary = await client.getMonthSummary(harness.as({ tenantId }), { month: '2025-01', userId: '' });
        expect(summary).toMatchObject({ totalMinor: 4_321n, count: 4n });
      });
    },
  );

  it('starts without its database and is ready once the database is there', async () => {
    harness = await startHarness();
    const [proxy, databaseUrl] = await through(harness.database.urlFor('reporting'));
    await proxy.refuse();

    const { client, opsUrl } = await harness.startReplica({ DATABASE_URL: databaseUrl });
    harness = { ...harness, client, opsUrl };
    expect(await readyz()).toMatchObject({ status: 503 });
    await expect(client.ping()).rejects.toMatchObject({ kind: 'unavailable' });
    await proxy.resume();

    await eventually(async () => expect(await readyz()).toMatchObject({ status: 200 }));
    await eventually(() => client.ping());
  });

  it('starts and stops without the bus, and is not ready without it', async () => {
    harness = await startHarness();
    const [proxy, amqpUrl] = await through(harness.amqpUrl!);
    await proxy.refuse();

    const replica = await harness.startReplica({ AMQP_URL: amqpUrl });
    harness = { ...harness, opsUrl: replica.opsUrl };
    expect((await readyz()).status).toBe(503);
    await replica.stop();

    await expect(readyz()).rejects.toThrow(/fetch failed/);
  });

  it('loses no event while its database is away, answers unavailable, and recovers by itself', async () => {
    harness = await startHarness();
    const [proxy, databaseUrl] = await through(harness.database.urlFor('reporting'));
    await harness.service.stop();
    const { client, opsUrl } = await harness.startReplica({ DATABASE_URL: databaseUrl });
    harness = { ...harness, client, opsUrl };
    await eventually(async () => expect(await readyz()).toMatchObject({ status: 200 }));
    const tenantId = toTenantId(newId());

    await proxy.refuse();
    await harness.publish(tenantId, threeExpenses());
    await expect(summaryOf(tenantId)).rejects.toMatchObject({ kind: 'unavailable' });
    expect(await readyz()).toMatchObject({ status: 503, failing: ['database'] });
    await proxy.resume();

    await eventually(async () => expect(await summaryOf(tenantId)).toMatchObject({ totalMinor: 321n, count: 3n }));
    await eventually(async () => expect(await readyz()).toMatchObject({ status: 200 }));
  });

  it('goes on answering while the bus is away, and consumes again when it is back', async () => {
    harness = await startHarness();
    const [proxy, amqpUrl] = await through(harness.amqpUrl!);
    await harness.service.stop();
    const { client, opsUrl } = await harness.startReplica({ AMQP_URL: amqpUrl });
    harness = { ...harness, client, opsUrl };
    const tenantId = toTenantId(newId());
    await harness.publish(tenantId, [eventOf(expense({ id: newId(), amountMinor: 4_000n }))]);
    await eventually(async () => expect((await summaryOf(tenantId)).totalMinor).toBe(4_000n));

    await proxy.refuse();
    await harness.publish(tenantId, threeExpenses());
    expect(await readyz()).toMatchObject({ status: 200 });
    expect((await summaryOf(tenantId)).totalMinor).toBe(4_000n);
    await proxy.resume();

    await eventually(async () => expect((await summaryOf(tenantId)).totalMinor).toBe(4_321n));
    await eventually(async () => expect(await readyz()).toMatchObject({ status: 200 }));
  });

  it('projects the healthy events around one that makes no sense', async () => {
    harness = await startHarness();
    const tenantId = toTenantId(newId());
    const [first, second, third] = threeExpenses();

    await harness.publish(tenantId, [first!, eventOf(expense({ id: 'no uuid' })), second!, third!]);

    await eventually(async () => expect(await summaryOf(tenantId)).toMatchObject({ totalMinor: 321n, count: 3n }));
  });
});
