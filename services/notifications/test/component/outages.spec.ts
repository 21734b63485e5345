import { afterEach, describe, expect, it } from '@jest/globals';
import { createTcpProxy, eventually, type TcpProxy } from '@outlay/testkit';
import { type Harness, startHarness } from './harness.ts';

describe('notifications, when what it needs goes away', () => {
  let harness: Harness;
  let proxy: TcpProxy | undefined;
  afterEach(async () => {
    await proxy?.close();
    proxy = undefined;
    await harness.stop();
  });

  const isReady = async (expected: boolean) =>
    expect((await fetch(`${harness.opsUrl}/readyz`)).status).toBe(expected ? 200 : 503);
  const sentCount = async () => [...(await harness.outbox()).keys()].filter((name) => name.endsWith('.eml')).length;

  it('sends what was registered while it was stopped', async () => {
    harness = await startHarness();
    await harness.stopService();

    const { tenantId } = await harness.register();
    await harness.startReplica();

    await eventually(async () => expect(await sentCount()).toBe(1));
    const { rows } = await harness.administer(`select status from notifications.deliveries where tenant_id = $1`, [
      tenantId,
    ]);
    expect(rows).toHaveLength(1);
  });

  it('sends each mail once across an outage of its database', async () => {
    harness = await startHarness({
      proxied: async (databaseUrl) => {
        proxy = await createTcpProxy(databaseUrl);
        return proxy.url(databaseUrl);
      },
    });
    await eventually(() => isReady(true));
    const before = await harness.register();
    await eventually(async () =>
      expect(await harness.deliveriesOf(before.tenantId)).toMatchObject([{ status: 'sent' }]),
    );

    await proxy?.refuse();
    const during = await harness.register();
    await eventually(() => isReady(false));
    await expect(harness.deliveriesOf(before.tenantId)).rejects.toMatchObject({ kind: 'unavailable' });
    await proxy?.resume();

    await eventually(
      async () => expect(await harness.deliveriesOf(during.tenantId)).toMatchObject([{ status: 'sent', attempts: 1 }]),
      { timeoutMs: 15_000 },
    );
    await eventually(() => isReady(true));
    expect(await sentCount()).toBe(2);
  });

  it('is ready late, and no worse for it, when its database comes after it', async () => {
    harness = await startHarness({
      proxied: async (databaseUrl) => {
        proxy = await createTcpProxy(databaseUrl);
        await proxy.refuse();
        return proxy.url(databaseUrl);
      },
    });
    await isReady(false);
    const { tenantId } = await harness.register();

    await proxy?.resume();

    await eventually(() => isReady(true));
    await eventually(async () => expect(await harness.deliveriesOf(tenantId)).toMatchObject([{ status: 'sent' }]));
  });
});
