import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { identity } from '@outlay/contracts';
import { newId } from '@outlay/platform';
import { createTestIssuer, eventually, testRedisUrl } from '@outlay/testkit';
import { Redis } from 'ioredis';
import { startGateway, type TestGateway, type TestResponse } from '../support/start-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.stop());

async function outcome(answer: Promise<TestResponse>) {
  const { status, headers } = await answer;
  const { code } = await (await answer).json();
  return { status, code, challenge: headers.get('www-authenticate') };
}

describe('Without a good token: 401', () => {
  it('asks for a token where none was sent', async () => {
    expect(await outcome(gateway.fetch('/api/v1/tenant', { token: false }))).toEqual({
      status: 401,
      code: 'token_missing',
      challenge: 'Bearer realm="outlay"',
    });
  });

  it('refuses an expired token', async () => {
    const token = gateway.token({ expiresInSeconds: -60, claims: { iat: 1_700_000_000, nbf: 1_700_000_000 } });
    expect(await outcome(gateway.fetch('/api/v1/tenant', { token }))).toEqual({
      status: 401,
      code: 'token_expired',
      challenge: 'Bearer realm="outlay", error="invalid_token"',
    });
  });

  const foreign = createTestIssuer();
  it.each<[string, () => string]>([
    ['rubbish', () => 'rubbish'],
    ['nothing after the scheme', () => ''],
    ['a token of another issuer’s key', () => foreign.token({ tenantId: gateway.tenant.tenantId })],
    ['another issuer’s name', () => gateway.token({ claims: { iss: 'https://evil.example' } })],
    ['another audience', () => gateway.token({ claims: { aud: 'somewhere' } })],
    ['a token that never ends', () => gateway.token({ claims: { exp: undefined } })],
    ['a token of another type', () => gateway.token({ header: { typ: 'JWT' } })],
    ['no signature', () => `${gateway.token().split('.').slice(0, 2).join('.')}.`],
    [
      'alg none',
      () => `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${gateway.token().split('.')[1]}.`,
    ],
    ['a changed payload', () => swapTenant(gateway.token())],
    ['the token of a service', () => gateway.token({ kind: 'service' })],
  ])('refuses %s', async (_name, token) => {
    expect(await outcome(gateway.fetch('/api/v1/tenant', { token: token() }))).toMatchObject({
      status: 401,
      code: 'token_invalid',
    });
  });

  it('refuses another scheme', async () => {
    const answer = gateway.fetch('/api/v1/tenant', { token: false, headers: { authorization: 'Basic YTpi' } });
    expect(await outcome(answer)).toMatchObject({ status: 401, code: 'token_invalid' });
  });

  it('looks at no token where none is needed', async () => {
    expect((await gateway.fetch('/api/v1/plans', { token: 'rubbish' })).status).toBe(200);
  });
});

describe('A good token', () => {
  it('reaches the service with the request, for it to verify again', async () => {
    const token = gateway.token();
    await gateway.fetch('/api/v1/tenant', { token });
    const { metadata } = gateway.lastCall('tenancy', 'getTenant');
    expect(metadata).toMatchObject({ authorization: `Bearer ${token}`, 'x-tenant-id': gateway.tenant.tenantId });
  });

  it('does not make identity be asked for keys each time', async () => {
    const before = gateway.fakes.identity.calls.filter(({ method }) => method === 'getJwks').length;
    for (let request = 0; request < 5; request += 1) await gateway.fetch('/api/v1/tenant', { token: gateway.token() });
    const after = gateway.fakes.identity.calls.filter(({ method }) => method === 'getJwks').length;
    expect(after - before).toBeLessThanOrEqual(1);
  });
});

describe('Operations have their roles: 403', () => {
  const expense = { amount: '1.00', currency: 'EUR', title: 'Lunch', expense_date: '2025-01-15' };
  it.each<[string, 'owner' | 'admin' | 'analyst' | 'member', string, string, unknown, number]>([
    ['an analyst may not record', 'analyst', 'POST', '/api/v1/expenses', expense, 403],
    ['a member may record', 'member', 'POST', '/api/v1/expenses', expense, 201],
    ['a member may not change settings', 'member', 'PATCH', '/api/v1/tenant', { name: 'Mine' }, 403],
    ['an admin may change settings', 'admin', 'PATCH', '/api/v1/tenant', { name: 'Ours' }, 200],
    ['a member may not see deliveries', 'member', 'GET', '/api/v1/notifications/deliveries', undefined, 403],
  ])('%s', async (_name, role, method, path, json, status) => {
    const answer = await gateway.fetch(path, { method, json, token: gateway.token({ role }) });
    expect(answer.status).toBe(status);
    if (status === 403) expect((await answer.json()).code).toBe('role_required');
  });

  it('keeps the platform’s operations from owners', async () => {
    for (const path of ['/api/v1/tenants', '/api/v1/admin/tenants']) {
      expect(await outcome(gateway.fetch(path))).toMatchObject({ status: 403, code: 'access_denied' });
    }
  });

  it('lets the platform admin in, with or without a tenant', async () => {
    const token = gateway.issuer.token({ platformAdmin: true });
    expect((await gateway.fetch('/api/v1/tenants', { token })).status).toBe(200);
    const changed = await gateway.fetch(`/api/v1/admin/tenants/${gateway.tenant.tenantId}/plan`, {
      method: 'PUT',
      json: { plan: 'professional' },
      token,
    });
    expect([changed.status, (await changed.json()).plan]).toEqual([200, 'professional']);
  });

  it('refuses a token without a tenant where a tenant is needed', async () => {
    const token = gateway.issuer.token({ platformAdmin: true });
    expect(await outcome(gateway.fetch('/api/v1/expenses', { token }))).toMatchObject({
      status: 403,
      code: 'access_denied',
    });
  });
});

describe('A closed session is locked out at once', () => {
  const gateways: TestGateway[] = [];
  afterEach(async () => {
    await Promise.all(gateways.splice(0).map((started) => started.stop()));
  });

  async function start(options: Parameters<typeof startGateway>[0] = {}) {
    const started = await startGateway(options);
    gateways.push(started);
    return started;
  }

  it('after logging out here', async () => {
    const token = gateway.token({ sessionId: newId() });
    expect((await gateway.fetch('/api/v1/auth/logout', { method: 'POST', token })).status).toBe(200);
    expect(await outcome(gateway.fetch('/api/v1/tenant', { token }))).toMatchObject({
      status: 401,
      code: 'session_revoked',
    });
    expect((await gateway.fetch('/api/v1/tenant')).status).toBe(200);
  });

  it('after identity closed it, told by what it asks for regularly', async () => {
    const sessionId = newId();
    let closed: string[] = [];
    const watching = await start({
      handlers: { identity: { listRevokedSessions: () => ({ sessionIds: closed }) } },
    });
    const token = watching.token({ sessionId });
    expect((await watching.fetch('/api/v1/tenant', { token })).status).toBe(200);
    closed = [sessionId];
    await eventually(async () => expect((await watching.fetch('/api/v1/tenant', { token })).status).toBe(401));
  });

  it('after logging out at another gateway, told over Redis', async () => {
    const redis = { REDIS_URL: testRedisUrl() };
    // Identity has nothing on record here, so that only the message can tell.
    const first = await start({ env: redis });
    const second = await start({ env: redis, overrides: { loadKeys: async () => first.issuer.jwks as never } });
    // Another session each time: what is told before the other gateway listens is told once.
    await eventually(async () => {
      const token = first.token({ sessionId: newId() });
      expect((await second.fetch('/api/v1/auth/me', { token })).status).toBe(200);
      expect((await first.fetch('/api/v1/auth/logout', { method: 'POST', token })).status).toBe(200);
      await eventually(async () => expect((await second.fetch('/api/v1/auth/me', { token })).status).toBe(401), {
        timeoutMs: 1_000,
      });
    });
  });

  it('though this gateway was not there when it was closed', async () => {
    const sessionId = newId();
    const asked: (Date | undefined)[] = [];
    const late = await start({
      handlers: {
        identity: {
          listRevokedSessions: ({ since }: identity.ListRevokedSessionsRequest) => {
            asked.push(since);
            return { sessionIds: asked.length === 1 ? [sessionId] : [] };
          },
        },
      },
    });
    expect((await late.fetch('/api/v1/tenant', { token: late.token({ sessionId }) })).status).toBe(401);
    expect(Date.now() - (asked[0]?.getTime() ?? 0)).toBeGreaterThan(60 * 60_000);
    await eventually(() => expect(Date.now() - (asked.at(-1)?.getTime() ?? 0)).toBeLessThan(5 * 60_000));
  });

  it('asks for all of it again when Redis comes back', async () => {
    const asked: (Date | undefined)[] = [];
    const redis = new Redis(testRedisUrl());
    const watching = await start({
      env: { REDIS_URL: testRedisUrl() },
      handlers: {
        identity: {
          listRevokedSessions: ({ since }: identity.ListRevokedSessionsRequest) => {
            asked.push(since);
            return { sessionIds: [] };
          },
        },
      },
    });
    await eventually(() => expect(Date.now() - (asked.at(-1)?.getTime() ?? 0)).toBeLessThan(5 * 60_000));
    const before = asked.length;
    await killClients(redis);
    await eventually(() => {
      const widest = Math.max(...asked.slice(before).map((since) => Date.now() - (since?.getTime() ?? 0)));
      expect(widest).toBeGreaterThan(60 * 60_000);
    });
    redis.disconnect();
    expect((await watching.fetch('/api/v1/tenant')).status).toBe(200);
  });

  it('lets nobody in while nobody knows who is locked out', async () => {
    let isDown = true;
    const blind = await start({
      atOnce: true,
      handlers: {
        identity: {
          listRevokedSessions: () => {
            if (isDown) throw new Error('down');
            return { sessionIds: [] };
          },
        },
      },
    });
    expect(await outcome(blind.fetch('/api/v1/tenant'))).toMatchObject({ status: 503, code: 'unavailable' });
    expect((await blind.fetch('/readyz', { token: false })).status).toBe(503);
    isDown = false;
    await eventually(async () => expect((await blind.fetch('/api/v1/tenant')).status).toBe(200));
  });
});

/** Cuts the subscribers of this test's Redis database alone. */
async function killClients(redis: Redis): Promise<void> {
  const list = String(await redis.client('LIST', 'TYPE', 'PUBSUB'));
  for (const line of list.split('\n')) {
    const id = /^id=(\d+)/.exec(line)?.[1];
    const database = /\bdb=(\d+)/.exec(line)?.[1];
    if (id && database === new URL(testRedisUrl()).pathname.slice(1)) await redis.client('KILL', 'ID', id);
  }
}

function swapTenant(token: string): string {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
  return [header, Buffer.from(JSON.stringify({ ...claims, tid: newId() })).toString('base64url'), signature].join('.');
}
