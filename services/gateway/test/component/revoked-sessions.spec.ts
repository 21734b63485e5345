import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { identity } from '@outlay/contracts';
import { newId, unavailable } from '@outlay/platform';
import { createTcpProxy, eventually, type TcpProxy, testRedisUrl } from '@outlay/testkit';
import { Redis } from 'ioredis';
import { rpcError } from '../support/rpc-error.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

const minute = 60_000;
/** An access token lives for an hour, and five minutes are for clocks that differ. */
const rememberedMs = 65 * minute;

/** What identity has on record, and answers of it as the real one does: what was closed at an instant or later. */
let record: { id: string; revokedAt: number }[];
let asked: number[];
let isAway: boolean;
let held: Promise<void> | undefined;
let proxy: TcpProxy;
let redis: Redis;
let gateway: TestGateway;
let startedAfter: number;
let startedBefore: number;

beforeEach(async () => {
  record = [];
  asked = [];
  isAway = false;
  held = undefined;
  proxy = await createTcpProxy(testRedisUrl());
  redis = new Redis(testRedisUrl());
  startedAfter = Date.now();
  gateway = await startGateway({
    env: { REDIS_URL: proxy.url(testRedisUrl()) },
    handlers: {
      identity: {
        listRevokedSessions: async ({ since }: identity.ListRevokedSessionsRequest) => {
          const from = since?.getTime() ?? 0;
          asked.push(from);
          if (isAway) throw rpcError(unavailable('unavailable', 'Identity is away'));
          const sessionIds = record.filter(({ revokedAt }) => revokedAt >= from).map(({ id }) => id);
          await held;
          return { sessionIds };
        },
      },
    },
  });
  startedBefore = Date.now();
});
afterEach(async () => {
  await gateway.stop();
  await proxy.close();
  redis.disconnect();
});

describe('The copy of what was closed', () => {
  it('begins with what tokens may still be in use of, and goes on with what is new', async () => {
    await settle();

    expect(asked[0]).toBeGreaterThanOrEqual(startedAfter - rememberedMs);
    expect(asked[0]).toBeLessThanOrEqual(startedBefore - rememberedMs);
    expect(asked.at(-1)).toBeGreaterThan(startedAfter - 5 * minute);
  });

  it('learns of a session whose closing shows a while after the instant that it bears', async () => {
    await settle();
    const { id, status } = await openSession();

    record.push({ id, revokedAt: Date.now() - 50_000 });

    await eventually(async () => expect(await status()).toBe(401));
  });

  it('is asked for again from the beginning when Redis is there again, until identity has answered', async () => {
    await settle();
    const { id, status } = await openSession();
    isAway = true;
    const before = asked.length;
    proxy.cut();
    // A call that is tried again asks for the same: this is another one.
    await eventually(() => expect(allAsked(before).size).toBeGreaterThan(1));

    record.push({ id, revokedAt: Date.now() - 30 * minute });
    isAway = false;

    await eventually(async () => expect(await status()).toBe(401));
  });

  it('is asked for from the beginning though Redis came back while identity was answering', async () => {
    await settle();
    const { id, status } = await openSession();
    const { promise, resolve } = Promise.withResolvers<void>();
    const [before, subscribed] = [asked.length, await subscriber()];
    held = promise;
    await eventually(() => expect(asked.length).toBeGreaterThan(before));
    record.push({ id, revokedAt: Date.now() - 30 * minute });
    proxy.cut();
    await eventually(async () => expect([undefined, subscribed]).not.toContain(await subscriber()));

    resolve();

    await eventually(async () => expect(await status()).toBe(401));
  });
});

/** Until the gateway listens, and has gone on to what is new. */
async function settle(): Promise<void> {
  await eventually(async () => expect(await subscriber()).toBeDefined());
  const before = asked.length;
  await eventually(() => expect(asked.slice(before).at(-1)).toBeGreaterThan(startedAfter - 5 * minute));
}

/** A session that nobody has closed. */
async function openSession() {
  const id = newId();
  const token = gateway.token({ sessionId: id });
  const status = async () => (await gateway.fetch('/api/v1/tenant', { token })).status;
  expect(await status()).toBe(200);
  return { id, status };
}

/** The instants from which all was asked for since. */
function allAsked(before: number): Set<number> {
  return new Set(asked.slice(before).filter((from) => from <= Date.now() - rememberedMs));
}

/** The connection by which the gateway hears of closed sessions, in this test's Redis database. */
async function subscriber(): Promise<string | undefined> {
  const lines = String(await redis.client('LIST', 'TYPE', 'PUBSUB')).split('\n');
  const database = new URL(testRedisUrl()).pathname.slice(1);
  return /^id=(\d+)/.exec(lines.findLast((line) => new RegExp(`\\bdb=${database}\\b`).test(line)) ?? '')?.[1];
}
