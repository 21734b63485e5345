import { describe, expect, it } from '@jest/globals';
import { newId, unauthenticated } from '@outlay/platform';
import { createTcpProxy, eventually, testRedisUrl } from '@outlay/testkit';
import { unknownSecret } from '../support/fake-members.ts';
import { rpcError } from '../support/rpc-error.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

const off = {
  ...{ RATE_LIMIT_TENANT: '0', RATE_LIMIT_USER: '0', RATE_LIMIT_KEY: '0', RATE_LIMIT_ADDRESS: '0' },
  RATE_LIMIT_REFUSED_KEYS: '0',
};

async function statuses(times: number, request: () => Promise<{ status: number }>): Promise<number[]> {
  const answered = [];
  for (let time = 0; time < times; time += 1) answered.push((await request()).status);
  return answered;
}

const left = (answer: { headers: Headers }) => answer.headers.get('ratelimit')?.replace(/;t=\d+/g, '');

describe('A request of a person counts for the person and for the tenant', () => {
  it('tells what is left to each on every answer, and refuses beyond it with the policy that is at its end', async () => {
    await using gateway = await startGateway({ env: { ...off, RATE_LIMIT_TENANT: '10', RATE_LIMIT_USER: '3' } });
    const answers = [];
    for (const path of ['tenant', 'nothing-valid?x=%', 'expenses/none', 'tenant', 'tenant']) {
      answers.push(await gateway.fetch(`/api/v1/${path.replace('nothing-valid', 'expenses')}`));
    }
    expect(answers.map(({ status }) => status)).toEqual([200, 400, 404, 429, 429]);
    expect(answers.map((answer) => answer.headers.get('ratelimit-policy'))).toEqual(
      answers.map(() => '"tenant";q=10;w=60, "user";q=3;w=60'),
    );
    expect(answers.map(left)).toEqual([
      '"tenant";r=9, "user";r=2',
      '"tenant";r=8, "user";r=1',
      '"tenant";r=7, "user";r=0',
      '"tenant";r=6, "user";r=0',
      '"tenant";r=6, "user";r=0',
    ]);
    expect(answers[0]!.headers.get('ratelimit')).toMatch(/^"tenant";r=9;t=\d+, "user";r=2;t=\d+$/);
    const retryAfter = Number(answers[3]!.headers.get('retry-after'));
    expect(retryAfter).toBeGreaterThan(0);
    expect(retryAfter).toBeLessThanOrEqual(60);
    expect(await answers[3]!.json()).toMatchObject({ code: 'rate_limited', violated_policies: ['user'] });
  });

  it('lets nobody of a tenant in that has used up its own, and others go on', async () => {
    await using gateway = await startGateway({ env: { ...off, RATE_LIMIT_TENANT: '3', RATE_LIMIT_USER: '100' } });
    const colleague = gateway.token({ userId: newId() });
    expect(await statuses(2, () => gateway.fetch('/api/v1/tenant'))).toEqual([200, 200]);
    expect(await statuses(2, () => gateway.fetch('/api/v1/tenant', { token: colleague }))).toEqual([200, 429]);
    const refused = await gateway.fetch('/api/v1/tenant', { token: colleague });
    expect((await refused.json()).violated_policies).toEqual(['tenant']);
    const elsewhere = gateway.token({ tenantId: newId(), userId: newId() });
    expect((await gateway.fetch('/api/v1/expenses', { token: elsewhere })).status).toBe(200);
  });

  it('counts a person in whichever tenant, and nobody else', async () => {
    await using gateway = await startGateway({ env: { ...off, RATE_LIMIT_USER: '2' } });
    const userId = newId();
    const here = gateway.token({ userId });
    const there = gateway.token({ userId, tenantId: newId() });
    expect(await statuses(2, () => gateway.fetch('/api/v1/expenses', { token: here }))).toEqual([200, 200]);
    expect((await gateway.fetch('/api/v1/expenses', { token: there })).status).toBe(429);
    expect((await gateway.fetch('/api/v1/expenses')).status).toBe(200);
  });
});

describe('A request with an API key counts for the key and for the tenant', () => {
  const expense = { amount: '12.50', currency: 'EUR', title: 'Paper', expense_date: '2025-01-15' };
  const keyOf = (letter: string) => `outlay_${letter.repeat(43)}`;
  const exchanges = ({ fakes }: TestGateway) =>
    fakes.identity.calls.filter(({ method }) => method === 'exchangeApiKey');
  const record = (gateway: TestGateway, token: string) =>
    gateway.fetch('/api/v1/expenses', { method: 'POST', json: expense, token });

  it('and for no person', async () => {
    await using gateway = await startGateway({
      env: { ...off, RATE_LIMIT_TENANT: '100', RATE_LIMIT_KEY: '2', RATE_LIMIT_USER: '1' },
    });
    const answers = [];
    for (let time = 0; time < 3; time += 1) answers.push(await record(gateway, keyOf('A')));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 429]);
    expect(left(answers[0]!)).toBe('"tenant";r=99, "key";r=1');
    expect((await answers[2]!.json()).violated_policies).toEqual(['key']);
    expect((await record(gateway, keyOf('B'))).status).toBe(201);
    expect((await gateway.fetch('/api/v1/tenant')).status).toBe(200);
  });

  it('and a key that is none for the address, which leaves others that nobody knows nothing', async () => {
    await using gateway = await startGateway({ env: { ...off, RATE_LIMIT_ADDRESS: '2' } });
    expect((await record(gateway, keyOf('A'))).status).toBe(201);
    expect(await statuses(3, () => record(gateway, unknownSecret))).toEqual([401, 401, 429]);
    expect((await record(gateway, keyOf('A'))).status).toBe(201);
    const asked = exchanges(gateway).length;
    expect((await record(gateway, keyOf('B'))).status).toBe(429);
    expect(exchanges(gateway)).toHaveLength(asked);
  });

  it('and few that identity refuses are enough for an address, whatever else it may do', async () => {
    await using gateway = await startGateway({
      env: { ...off, RATE_LIMIT_ADDRESS: '1000', RATE_LIMIT_REFUSED_KEYS: '3' },
      handlers: {
        identity: { exchangeApiKey: () => Promise.reject(rpcError(unauthenticated('api_key_invalid', 'no'))) },
      },
    });
    const letters = ['A', 'B', 'C', 'D', 'E', 'F'];
    const answers = await Promise.all(letters.slice(0, 3).map((letter) => record(gateway, keyOf(letter))));
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401]);
    const refused = await record(gateway, keyOf('D'));
    expect([refused.status, (await refused.json()).violated_policies]).toEqual([429, ['refused_key']]);
    expect(refused.headers.get('ratelimit-policy')).toBe('"address";q=1000;w=60, "refused_key";q=3;w=60');
    expect(await statuses(20, () => record(gateway, keyOf('E')))).toEqual(Array(20).fill(429));
    expect(exchanges(gateway)).toHaveLength(3);
    expect((await gateway.fetch('/api/v1/plans', { token: false })).status).toBe(200);
    expect((await gateway.fetch('/api/v1/tenant')).status).toBe(200);
  });
});

describe('What nobody answers for counts for the address', () => {
  it('requests without a token, failed ones, and pages', async () => {
    await using gateway = await startGateway({ env: { ...off, RATE_LIMIT_ADDRESS: '4' } });
    const plans = await gateway.fetch('/api/v1/plans', { token: false });
    expect([plans.status, plans.headers.get('ratelimit-policy'), left(plans)]).toEqual([
      200,
      '"address";q=4;w=60',
      '"address";r=3',
    ]);
    expect((await gateway.fetch('/api/v1/tenant', { token: 'rubbish' })).status).toBe(401);
    expect((await gateway.fetch('/api/docs', { token: false })).status).toBe(200);
    expect((await gateway.fetch('/nothing', { token: false })).status).toBe(404);
    for (const [path, token] of [
      ['/api/v1/plans', false],
      ['/api/v1/tenant', 'rubbish'],
      ['/api/openapi.json', false],
      ['/nothing', false],
    ] as const) {
      const answer = await gateway.fetch(path, { token });
      expect([path, answer.status, (await answer.json()).violated_policies]).toEqual([path, 429, ['address']]);
    }
    expect((await gateway.fetch('/api/v1/tenant')).status).toBe(200);
    expect((await gateway.fetch('/healthz', { token: false })).status).toBe(200);
  });

  it('takes the address from the proxy that is trusted, and from nobody else', async () => {
    const env = { ...off, RATE_LIMIT_ADDRESS: '1' };
    const from = (gateway: TestGateway, address: string) =>
      gateway.fetch('/api/v1/plans', { token: false, headers: { 'x-forwarded-for': address } });
    await using proxied = await startGateway({ env: { ...env, TRUST_PROXY: '1' } });
    expect(await statuses(2, () => from(proxied, '192.0.2.1'))).toEqual([200, 429]);
    expect((await from(proxied, '192.0.2.2')).status).toBe(200);
    expect((await from(proxied, '2001:db8::1')).status).toBe(200);
    expect((await from(proxied, '2001:db8::ffff')).status).toBe(429);
    await using open = await startGateway({ env });
    expect((await from(open, '192.0.2.1')).status).toBe(200);
    expect((await from(open, '192.0.2.2')).status).toBe(429);
  });
});

describe('Limits', () => {
  it('can be turned off', async () => {
    await using unlimited = await startGateway({ env: off });
    const answer = await unlimited.fetch('/api/v1/tenant');
    expect([answer.headers.get('ratelimit'), answer.headers.get('ratelimit-policy')]).toEqual([null, null]);
  });

  it('are shared by gateways through Redis, each policy by itself', async () => {
    const env = { ...off, RATE_LIMIT_USER: '100', RATE_LIMIT_TENANT: '1000', REDIS_URL: testRedisUrl() };
    await using first = await startGateway({ env });
    await using second = await startGateway({ env, overrides: { loadKeys: async () => first.issuer.jwks as never } });
    const token = first.token({ userId: newId() });
    const here = await statuses(95, () => first.fetch('/api/v1/auth/me', { token }));
    const there: number[] = [];
    await eventually(async () => {
      const answer = await second.fetch('/api/v1/auth/me', { token });
      there.push(answer.status);
      expect([answer.status, (await answer.json()).violated_policies]).toEqual([429, ['user']]);
    });
    expect(new Set(here)).toEqual(new Set([200]));
    // Alone it would have let a hundred pass; what it lets pass before it hears of the others is a tenth of a second's.
    expect(there.filter((status) => status === 200).length).toBeLessThan(50);
    expect((await second.fetch('/api/v1/auth/me', { token: first.token({ userId: newId() }) })).status).toBe(200);
  });

  it('go on without Redis, and nobody waits for it', async () => {
    const proxy = await createTcpProxy(testRedisUrl());
    await using limited = await startGateway({
      env: { ...off, RATE_LIMIT_USER: '505', REDIS_URL: proxy.url(testRedisUrl()) },
    });
    expect((await limited.fetch('/api/v1/tenant')).status).toBe(200);
    proxy.hang();
    // Each that waited for Redis would be 100 ms late, and all of them together longer than a test may take.
    expect(await statuses(500, () => limited.fetch('/api/v1/tenant'))).toEqual(Array(500).fill(200));
    await proxy.refuse();
    expect(await statuses(6, () => limited.fetch('/api/v1/tenant'))).toContain(429);
    await proxy.close();
  });
});
