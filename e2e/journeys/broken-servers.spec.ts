import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, type RestartableServers, startPlatform, startRestartableServers } from '@outlay/testkit';
import { readSummary } from '../drivers/month-summary.ts';
import { createOutlayClient, type OutlayClient } from '../drivers/outlay-client.ts';
import { recordOne, startWriting } from '../drivers/steady-writer.ts';

const awayMs = 4_000;

describe('under light load, when a server is stopped and started again', () => {
  let servers: RestartableServers;
  let platform: Awaited<ReturnType<typeof startPlatform>>;
  let outlay: OutlayClient;

  beforeAll(async () => {
    servers = await startRestartableServers();
    platform = await startPlatform({
      bus: 'rabbitmq',
      through: () => ({
        databaseUrl: servers.postgres.url,
        amqpUrl: servers.rabbitmq.url,
        redisUrl: servers.redis.url,
      }),
    });
    outlay = createOutlayClient(platform.gatewayUrl);
  }, 240_000);
  afterAll(async () => {
    await platform?.stop();
    await servers?.remove();
  }, 120_000);

  const isReady = async () => (await fetch(`${platform.gatewayUrl}/readyz`)).ok;

  it.each([
    { name: 'rabbitmq', mayRefuse: false },
    { name: 'redis', mayRefuse: false },
    { name: 'postgres', mayRefuse: true },
  ] as const)(
    '$name: no acknowledged write and no event is lost, and nothing has to be restarted',
    async ({ name, mayRefuse }) => {
      const tenant = await outlay.registerTenant({ currency: 'EUR' });
      const writer = startWriting(tenant, '2025-04-10');
      await eventually(() => expect(writer.acknowledged()).toBeGreaterThan(10));

      await servers[name].stop();
      await delay(awayMs);
      // Without the bus events wait, without Redis the gateway goes on with what it knows; without the data nothing goes.
      await eventually(async () => expect(await isReady()).toBe(name !== 'postgres'));
      await servers[name].start();
      await eventually(async () => expect((await tenant.call('GET', '/expenses?limit=1')).status).toBe(200), {
        timeoutMs: 60_000,
      });
      await eventually(async () => expect(await recordOne(tenant, 'back', '2025-05-10')).toBe(201), {
        timeoutMs: 60_000,
      });
      const report = await writer.stop();

      await eventually(async () => expect(await isReady()).toBe(true), { timeoutMs: 60_000 });
      if (!mayRefuse) expect(report.unknown).toEqual([]);
      expect([...report.otherStatuses].filter((status) => status !== 503)).toEqual([]);
      for (const key of report.unknown) expect(await recordOne(tenant, key, '2025-04-10')).toBe(201);
      const written = report.acknowledged.length + report.unknown.length;
      await eventually(
        async () =>
          expect(await readSummary(tenant, '2025-04')).toMatchObject({ count: written, total: `${written}.00` }),
        { timeoutMs: 60_000 },
      );
    },
    240_000,
  );

  it.each(['ledger', 'identity', 'tenancy-billing'])(
    'a stopped %s is answered 503 while it is away, and its return needs nothing else to be restarted',
    async (service) => {
      const tenant = await eventually(() => outlay.registerTenant({ currency: 'EUR' }));
      const calls: Record<string, () => Promise<number>> = {
        ledger: async () => (await tenant.call('GET', '/expenses')).status,
        identity: async () => (await tenant.call('GET', '/users/me')).status,
        'tenancy-billing': async () => (await tenant.call('GET', '/tenant')).status,
      };
      const call = calls[service]!;
      expect(await call()).toBe(200);

      await platform.stopService(service);
      // It stays away: whoever waited for it would wait for good.
      const statusWhileAway = await call();
      await platform.startService(service);

      expect(statusWhileAway).toBe(503);
      await eventually(async () => expect(await call()).toBe(200));
    },
    120_000,
  );
});
