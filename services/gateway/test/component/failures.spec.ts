import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId, rateLimited, unavailable } from '@outlay/platform';
import { createTcpProxy, eventually, testRedisUrl } from '@outlay/testkit';
import { Redis } from 'ioredis';
import { rpcError } from '../support/rpc-error.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.stop());

describe('Health', () => {
  it('/healthz says that the process lives, /readyz that all five services do', async () => {
    expect(await (await gateway.fetch('/healthz', { token: false })).json()).toEqual({ status: 'ok' });
    const ready = await gateway.fetch('/readyz', { token: false });
    expect([ready.status, await ready.json()]).toEqual([200, { status: 'ok', failing: [] }]);
  });

  it('is served on the ops port as well, with metrics', async () => {
    await gateway.fetch('/api/v1/tenant');
    const ops = (path: string) => fetch(`http://127.0.0.1:${gateway.opsPort}${path}`);
    expect((await ops('/readyz')).status).toBe(200);
    await eventually(async () => {
      expect(await (await ops('/metrics')).text()).toMatch(
        /http_server_request_duration_seconds_count\{method="GET",route="\/api\/v1\/tenant",status="200"/,
      );
    });
  });

  it('names the services that are away', async () => {
    await using partial = await startGateway();
    await partial.fakes.ledger.stop();
    await partial.fakes.reporting.stop();
    await eventually(async () => {
      const ready = await partial.fetch('/readyz', { token: false });
      expect([ready.status, (await ready.json()).failing]).toEqual([503, ['ledger', 'reporting']]);
    });
    expect((await partial.fetch('/healthz', { token: false })).status).toBe(200);
  });
});

describe('A service that is down', () => {
  it('is 503 with Retry-After, and others go on', async () => {
    await using partial = await startGateway();
    await partial.fakes.ledger.stop();
    const answer = await partial.fetch('/api/v1/expenses');
    expect(answer.status).toBe(503);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await answer.json()).toMatchObject({ code: 'unavailable', status: 503 });
    expect((await partial.fetch('/api/v1/tenant')).status).toBe(200);
  });

  it('is found again when it is back, without a restart of anything', async () => {
    await using steady = await startGateway();
    const proxy = await createTcpProxy({ host: '127.0.0.1', port: steady.fakes.ledger.port });
    await using gateway = await startGateway({ env: { LEDGER_ADDRESS: `127.0.0.1:${proxy.port}` } });
    expect((await gateway.fetch('/api/v1/expenses')).status).toBe(200);
    await proxy.refuse();
    await eventually(async () => expect((await gateway.fetch('/api/v1/expenses')).status).toBe(503));
    await proxy.resume();
    await eventually(async () => expect((await gateway.fetch('/api/v1/expenses')).status).toBe(200));
    await proxy.close();
  });

  it('that hangs is 503 at the deadline', async () => {
    await using hung = await startGateway({
      env: { REQUEST_DEADLINE_MS: '400' },
      handlers: { ledger: { getExpense: () => new Promise(() => undefined) } },
    });
    const startedAt = performance.now();
    const answer = await hung.fetch(`/api/v1/expenses/${newId()}`);
    const elapsedMs = performance.now() - startedAt;
    expect([answer.status, (await answer.json()).code]).toEqual([503, 'deadline_exceeded']);
    expect(elapsedMs).toBeGreaterThan(350);
    expect(elapsedMs).toBeLessThan(600);
  });

  it('is asked again for reads and for writes with a key, and never for others', async () => {
    let failures = 0;
    const flaky = (answer: () => unknown) => () => {
      failures += 1;
      if (failures % 2 === 1) throw rpcError(unavailable('database_unavailable', 'The database is away'));
      return answer();
    };
    await using gateway = await startGateway({
      handlers: {
        ledger: {
          listCategories: flaky(() => ({ categories: [], page: undefined })),
          createCategory: flaky(() => ({ category: { id: newId(), name: 'x', version: 1n, createdAt: new Date() } })),
        },
      },
    });
    const write = (headers: Record<string, string>) =>
      gateway.fetch('/api/v1/categories', { method: 'POST', json: { name: 'x' }, headers });
    expect((await gateway.fetch('/api/v1/categories')).status).toBe(200);
    expect((await write({ 'idempotency-key': 'k' })).status).toBe(201);
    const refused = await write({});
    expect([refused.status, (await refused.json()).code]).toEqual([503, 'database_unavailable']);
  });

  it('that asks for patience is passed on with Retry-After', async () => {
    await using gateway = await startGateway({
      handlers: {
        identity: {
          login: () => {
            throw rpcError(rateLimited('too_many_attempts', 'Too many attempts', 90_000));
          },
        },
      },
    });
    const answer = await gateway.fetch('/api/v1/auth/login', {
      method: 'POST',
      json: { email: 'mara@acme.example', password: 'x' },
    });
    expect([answer.status, answer.headers.get('retry-after'), (await answer.json()).code]).toEqual([
      429,
      '90',
      'too_many_attempts',
    ]);
  });

  it('does not keep the gateway from starting', async () => {
    await using gateway = await startGateway({ env: { REPORTING_ADDRESS: '127.0.0.1:1' } });
    expect((await gateway.fetch('/api/v1/expenses')).status).toBe(200);
    expect((await gateway.fetch('/readyz')).status).toBe(503);
  });
});

describe('The general limit', () => {
  it('tells what is left and answers 429 beyond it', async () => {
    await using limited = await startGateway({ env: { RATE_LIMIT_PER_MINUTE: '3' } });
    const answers = [];
    for (let request = 0; request < 5; request += 1) answers.push(await limited.fetch('/api/v1/tenant'));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429, 429]);
    expect(answers[0]!.headers.get('ratelimit-policy')).toBe('"general";q=3;w=60');
    expect(answers.map(({ headers }) => headers.get('ratelimit')!.split(';')[1])).toEqual([
      'r=2',
      'r=1',
      'r=0',
      'r=0',
      'r=0',
    ]);
    expect(Number(answers[3]!.headers.get('retry-after'))).toBeLessThanOrEqual(60);
    expect((await answers[3]!.json()).code).toBe('rate_limited');
  });

  it('counts each caller alone, and strangers by address', async () => {
    await using limited = await startGateway({ env: { RATE_LIMIT_PER_MINUTE: '2' } });
    const other = limited.token({ userId: newId() });
    for (const token of [undefined, other]) {
      expect((await limited.fetch('/api/v1/tenant', { token })).status).toBe(200);
      expect((await limited.fetch('/api/v1/tenant', { token })).status).toBe(200);
      expect((await limited.fetch('/api/v1/tenant', { token })).status).toBe(429);
    }
    for (const status of [401, 401, 429]) {
      expect((await limited.fetch('/api/v1/tenant', { token: 'rubbish' })).status).toBe(status);
    }
  });

  it('can be turned off', async () => {
    await using unlimited = await startGateway({ env: { RATE_LIMIT_PER_MINUTE: '0' } });
    expect((await unlimited.fetch('/api/v1/tenant')).headers.get('ratelimit')).toBeNull();
  });

  it('is shared by gateways through Redis', async () => {
    const env = { RATE_LIMIT_PER_MINUTE: '4', REDIS_URL: testRedisUrl() };
    await using first = await startGateway({ env });
    await using second = await startGateway({ env, overrides: { loadKeys: async () => first.issuer.jwks as never } });
    const token = first.token({ userId: newId() });
    for (let request = 0; request < 3; request += 1) await first.fetch('/api/v1/auth/me', { token });
    await eventually(async () => {
      const answer = await second.fetch('/api/v1/auth/me', { token });
      expect(answer.status).toBe(429);
    });
  });

  it('goes on without Redis', async () => {
    const redis = new Redis(testRedisUrl());
    const proxy = await createTcpProxy(testRedisUrl());
    await using limited = await startGateway({
      env: { RATE_LIMIT_PER_MINUTE: '1000', REDIS_URL: proxy.url(testRedisUrl()) },
    });
    expect((await limited.fetch('/api/v1/tenant')).status).toBe(200);
    proxy.hang();
    const startedAt = performance.now();
    for (let request = 0; request < 20; request += 1) {
      expect((await limited.fetch('/api/v1/tenant')).status).toBe(200);
    }
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    await proxy.refuse();
    expect((await limited.fetch('/api/v1/tenant')).status).toBe(200);
    await proxy.close();
    redis.disconnect();
  });
});

describe('Too much at once', () => {
  it('is refused at once with 503 overloaded', async () => {
    let letGo = () => {};
    const gate = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    await using busy = await startGateway({
      env: { IN_FLIGHT_MAX: '3' },
      handlers: { ledger: { listProjects: () => gate.then(() => ({ projects: [], page: undefined })) } },
    });
    const waiting = Array.from({ length: 3 }, () => busy.fetch('/api/v1/projects'));
    await eventually(() => {
      expect(busy.fakes.ledger.calls.filter(({ method }) => method === 'listProjects')).toHaveLength(3);
    });
    const refused = await busy.fetch('/api/v1/projects');
    expect([refused.status, (await refused.json()).code]).toEqual([503, 'overloaded']);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect((await busy.fetch('/healthz')).status).toBe(200);
    letGo();
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await busy.fetch('/api/v1/tenant')).status).toBe(200);
  });
});

describe('Stopping', () => {
  it('answers what is in flight before it closes', async () => {
    const stopping = await startGateway({
      handlers: {
        ledger: {
          listProjects: async () => {
            await eventually(() => expect(isStopping).toBe(true));
            return { projects: [], page: undefined };
          },
        },
      },
    });
    let isStopping = false;
    const answering = stopping.fetch('/api/v1/projects');
    await eventually(() => expect(stopping.lastCall('ledger', 'listProjects')).toBeDefined());
    isStopping = true;
    const stopped = stopping.stop();
    expect((await answering).status).toBe(200);
    await stopped;
    await expect(stopping.fetch('/healthz')).rejects.toThrow();
  });
});
