import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ledger } from '@outlay/contracts';
import { deadlineExceeded, newId, rateLimited, unavailable } from '@outlay/platform';
import { createTcpProxy, eventually } from '@outlay/testkit';
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
    expect([answer.status, (await answer.json()).code]).toEqual([503, 'deadline_exceeded']);
    expect(performance.now() - startedAt).toBeGreaterThan(350);
    expect(hung.lastCall('ledger', 'getExpense').timeLeftMs).toBeLessThanOrEqual(400);
  });

  it.each([
    [
      'POST',
      '/expenses/bulk',
      'recordExpenses',
      { expenses: [{ amount: '1.00', currency: 'EUR', title: 'x', expense_date: '2025-01-15' }] },
    ],
    ['POST', '/categories', 'createCategory', { name: 'x' }],
  ] as const)('says of a write without a key that its outcome is not known: %s %s', async (method, path, rpc, json) => {
    await using lost = await startGateway({
      handlers: {
        ledger: {
          [rpc]: () => {
            throw rpcError(deadlineExceeded());
          },
        },
      },
    });
    const write = (headers: Record<string, string>) => lost.fetch(`/api/v1${path}`, { method, json, headers });

    const doubtful = await write({});
    expect([doubtful.status, doubtful.headers.get('retry-after')]).toEqual([503, null]);
    expect(await doubtful.json()).toMatchObject({ code: 'outcome_unknown', detail: expect.stringContaining('Read') });

    const repeatable = await write({ 'idempotency-key': 'k' });
    expect([repeatable.status, repeatable.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await repeatable.json()).toMatchObject({ code: 'deadline_exceeded' });
  });

  it('has done nothing for sure where it cannot be reached', async () => {
    await using partial = await startGateway();
    await partial.fakes.ledger.stop();
    const refused = await partial.fetch('/api/v1/categories', { method: 'POST', json: { name: 'x' } });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await refused.json()).toMatchObject({ code: 'unavailable' });
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
          createCategory: flaky(() => ({
            category: ledger.Category.fromPartial({
              id: newId(),
              name: 'x',
              path: ['x'],
              depth: 1,
              version: 1n,
              createdAt: new Date(),
            }),
          })),
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
