import { describe, expect, it } from '@jest/globals';
import { newId } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

/** A ledger whose lists of projects come only when they are let go; all others come at once. */
function createGate() {
  const open: (() => void)[] = [];
  let isOpen = false;
  return {
    handlers: {
      ledger: {
        listProjects: async () => {
          if (!isOpen) await new Promise<void>((resolve) => open.push(resolve));
          return { projects: [], page: undefined };
        },
      },
    },
    letOneGo: () => open.shift()?.(),
    letGo() {
      isOpen = true;
      for (const resolve of open.splice(0)) resolve();
    },
  };
}

const reached = (gateway: TestGateway) =>
  gateway.fakes.ledger.calls.filter(({ method }) => method === 'listProjects').length;

function flood(gateway: TestGateway, count: number, token: string) {
  return Array.from({ length: count }, () => gateway.fetch('/api/v1/projects', { token }));
}

async function outcomes(answers: ReturnType<typeof flood>): Promise<Record<number, number>> {
  const settled = await Promise.all(answers);
  return Object.fromEntries([...Map.groupBy(settled, ({ status }) => status)].map(([key, all]) => [key, all.length]));
}

async function metricOf(gateway: TestGateway, line: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${gateway.opsPort}/metrics`)).text();
  return Number(new RegExp(`^${line.replace(/[{}"]/g, '\\$&')} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
}

describe('A tenant that floods the gateway', () => {
  it('has so many worked on, so many waiting, the rest refused, and no other tenant notices', async () => {
    const gate = createGate();
    await using gateway = await startGateway({
      handlers: gate.handlers,
      env: { TENANT_CONCURRENCY: '4', TENANT_QUEUE_MAX: '8' },
    });
    const refusedBefore = await metricOf(gateway, 'http_server_requests_refused_total{reason="queue"}');
    const noisy = flood(gateway, 100, gateway.token());
    const first = await Promise.race(noisy);
    expect([first.status, first.headers.get('retry-after')]).toEqual([503, '1']);
    expect((await first.json()).code).toBe('overloaded');
    await eventually(async () => {
      expect(await metricOf(gateway, 'http_server_requests_refused_total{reason="queue"}')).toBe(refusedBefore + 88);
    });
    expect(reached(gateway)).toBe(4);
    expect(await metricOf(gateway, 'http_server_requests_waiting')).toBe(8);

    const quiet = gateway.token({ tenantId: newId(), userId: newId() });
    for (let request = 0; request < 50; request += 1) {
      expect((await gateway.fetch('/api/v1/expenses', { token: quiet })).status).toBe(200);
    }
    // While fifty of the quiet tenant were answered, not one of the noisy one was let through.
    expect(reached(gateway)).toBe(4);

    gate.letGo();
    expect(await outcomes(noisy)).toEqual({ 200: 12, 503: 88 });
    expect(reached(gateway)).toBe(12);
    await eventually(async () => expect(await metricOf(gateway, 'http_server_requests_waiting')).toBe(0));
    expect((await gateway.fetch('/api/v1/projects')).status).toBe(200);
  });

  it('is served in the order in which its requests came', async () => {
    const gate = createGate();
    await using gateway = await startGateway({ handlers: gate.handlers, env: { TENANT_CONCURRENCY: '1' } });
    const answered: number[] = [];
    const answers: Promise<unknown>[] = [];
    for (const [index, waiting] of [0, 0, 1, 2, 3].entries()) {
      await eventually(async () => {
        expect(await metricOf(gateway, 'http_server_requests_waiting')).toBe(waiting);
        expect(reached(gateway)).toBe(Math.min(index, 1));
      });
      answers.push(gateway.fetch('/api/v1/projects').then(() => answered.push(index)));
    }
    for (let count = 1; count <= 5; count += 1) {
      await eventually(() => expect(reached(gateway)).toBe(count));
      gate.letOneGo();
      await eventually(() => expect(answered).toHaveLength(count));
    }
    await Promise.all(answers);
    expect(answered).toEqual([0, 1, 2, 3, 4]);
  });

  it('waits until its deadline and no longer', async () => {
    let letGo = () => {};
    const rebuilt = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    await using gateway = await startGateway({
      handlers: {
        reporting: {
          rebuildTenant: async () => {
            await rebuilt;
            return { tenantId: gateway.tenant.tenantId, expenses: 0n, repaired: 0n, asOf: new Date() };
          },
        },
      },
      env: { TENANT_CONCURRENCY: '1', REQUEST_DEADLINE_MS: '400' },
    });
    // A rebuild has minutes.
    const rebuilding = gateway.fetch('/api/v1/admin/reporting/rebuild', { method: 'POST' });
    await eventually(() => expect(gateway.lastCall('reporting', 'rebuildTenant')).toBeDefined());
    const startedAt = performance.now();
    const waiting = await gateway.fetch('/api/v1/projects');
    expect([waiting.status, (await waiting.json()).code]).toEqual([503, 'overloaded']);
    expect(performance.now() - startedAt).toBeGreaterThan(350);
    // Its place is still taken: whoever waited for that would wait for good.
    expect(reached(gateway)).toBe(0);
    letGo();
    expect((await rebuilding).status).toBe(200);
  });

  it('does nothing for a client that left while it waited', async () => {
    const gate = createGate();
    await using gateway = await startGateway({ handlers: gate.handlers, env: { TENANT_CONCURRENCY: '1' } });
    const working = gateway.fetch('/api/v1/projects');
    await eventually(() => expect(reached(gateway)).toBe(1));
    const leaving = new AbortController();
    const left = gateway.fetch('/api/v1/projects', { signal: leaving.signal }).catch(() => 'left');
    await eventually(async () => expect(await metricOf(gateway, 'http_server_requests_waiting')).toBe(1));
    leaving.abort();
    expect(await left).toBe('left');
    await eventually(async () => expect(await metricOf(gateway, 'http_server_requests_waiting')).toBe(0));
    gate.letGo();
    expect((await working).status).toBe(200);
    expect((await gateway.fetch('/api/v1/projects')).status).toBe(200);
    expect(reached(gateway)).toBe(2);
  });
});

describe('Callers without a token', () => {
  it('are held apart by address', async () => {
    let letGo = () => {};
    const gate = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    await using gateway = await startGateway({
      env: { TRUST_PROXY: '1', TENANT_CONCURRENCY: '2', TENANT_QUEUE_MAX: '0' },
      handlers: {
        tenancy: {
          listPlans: () => gate.then(() => ({ plans: [], page: { nextCursor: '', hasMore: false, limit: 50 } })),
        },
      },
    });
    const from = (address: string) =>
      gateway.fetch('/api/v1/plans', { token: false, headers: { 'x-forwarded-for': address } });
    const working = [from('192.0.2.1'), from('192.0.2.1'), from('192.0.2.2')];
    await eventually(() => {
      expect(gateway.fakes.tenancy.calls.filter(({ method }) => method === 'listPlans')).toHaveLength(3);
    });
    expect((await from('192.0.2.1')).status).toBe(503);
    expect((await gateway.fetch('/api/v1/tenant')).status).toBe(200);
    letGo();
    expect((await Promise.all(working)).map(({ status }) => status)).toEqual([200, 200, 200]);
  });
});

describe('Too much of all callers together', () => {
  it('is refused at once with 503 overloaded', async () => {
    const gate = createGate();
    await using busy = await startGateway({ env: { IN_FLIGHT_MAX: '3' }, handlers: gate.handlers });
    const someone = () => busy.token({ tenantId: newId(), userId: newId() });
    const working = Array.from({ length: 3 }, () => busy.fetch('/api/v1/projects', { token: someone() }));
    await eventually(() => expect(reached(busy)).toBe(3));
    const refused = await busy.fetch('/api/v1/projects', { token: someone() });
    expect([refused.status, (await refused.json()).code]).toEqual([503, 'overloaded']);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect((await busy.fetch('/healthz')).status).toBe(200);
    gate.letGo();
    expect((await Promise.all(working)).map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await busy.fetch('/api/v1/tenant')).status).toBe(200);
  });

  it('is refused too where as many wait as are worked on at most', async () => {
    const gate = createGate();
    await using gateway = await startGateway({
      env: { IN_FLIGHT_MAX: '3', TENANT_CONCURRENCY: '1' },
      handlers: gate.handlers,
    });
    const refusedBefore = await metricOf(gateway, 'http_server_requests_refused_total{reason="waiting"}');
    const noisy: ReturnType<typeof flood> = [];
    for (const waiting of [0, 1, 2, 3]) {
      noisy.push(...flood(gateway, 1, gateway.token()));
      await eventually(async () => {
        expect(await metricOf(gateway, 'http_server_requests_waiting')).toBe(waiting);
        expect(reached(gateway)).toBe(1);
      });
    }

    const refused = await gateway.fetch('/api/v1/projects');

    expect([refused.status, (await refused.json()).code]).toEqual([503, 'overloaded']);
    expect(await metricOf(gateway, 'http_server_requests_refused_total{reason="waiting"}')).toBe(refusedBefore + 1);
    gate.letGo();
    expect(await outcomes(noisy)).toEqual({ 200: 4 });
  });

  it('leaves room for a quiet tenant, however much one alone is allowed', async () => {
    const gate = createGate();
    await using gateway = await startGateway({
      env: { IN_FLIGHT_MAX: '16', TENANT_CONCURRENCY: '1000' },
      handlers: gate.handlers,
    });
    const noisy = flood(gateway, 16, gateway.token());
    await eventually(async () => expect(await metricOf(gateway, 'http_server_requests_waiting')).toBeGreaterThan(0));
    const quiet = gateway.token({ tenantId: newId(), userId: newId() });
    for (let request = 0; request < 20; request += 1) {
      expect((await gateway.fetch('/api/v1/expenses', { token: quiet })).status).toBe(200);
    }
    gate.letGo();
    await Promise.all(noisy);
  });
});
