import { Writable } from 'node:stream';
import { afterEach, describe, expect, it } from '@jest/globals';
import { runInCallScope } from '../context/call-scope.ts';
import { createLogger, createSilentLogger } from './logger.ts';
import { Counter, metrics } from './metrics.ts';
import { createOpsServer } from './ops-server.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function start(checks: Record<string, () => Promise<void>>) {
  const server = createOpsServer({ host: '127.0.0.1', port: 0, checks, logger: createSilentLogger() });
  const port = await server.start();
  stops.push(server.stop);
  const get = async (path: string, method = 'GET') => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method });
    return { status: response.status, body: await response.text() };
  };
  return { server, get };
}

describe('the ops server', () => {
  it('says that the process lives, whatever its checks say', async () => {
    const { get } = await start({ database: () => Promise.reject(new Error('down')) });
    expect((await get('/healthz')).status).toBe(200);
  });

  it('is ready when all checks pass, and else names those that do not', async () => {
    let isUp = true;
    const check = async () => {
      if (!isUp) throw new Error('password hunter2 refused');
    };
    const { get } = await start({ database: check, bus: async () => undefined });
    expect(await get('/readyz')).toEqual({ status: 200, body: `{"status":"ok","failing":[],"pid":${process.pid}}` });
    isUp = false;
    expect(await get('/readyz?probe')).toEqual({
      status: 503,
      body: `{"status":"unavailable","failing":["database"],"pid":${process.pid}}`,
    });
  });

  it('is not ready when a check hangs or throws at once', async () => {
    const { get } = await start({
      hanging: () => new Promise(() => undefined),
      throwing: () => {
        throw new Error('at once');
      },
    });
    expect(JSON.parse((await get('/readyz')).body).failing).toEqual(['hanging', 'throwing']);
  });

  it('is not ready once it is stopping', async () => {
    const { server, get } = await start({});
    server.setReady(false);
    expect((await get('/readyz')).status).toBe(503);
    expect((await get('/healthz')).status).toBe(200);
  });

  it('serves the metrics of the process and of the application', async () => {
    const counter = new Counter({ name: 'outlay_test_total', help: 'For this test.', registers: [metrics] });
    counter.inc(3);
    const { get } = await start({});
    const { body } = await get('/metrics');
    expect(body).toContain('outlay_test_total 3');
    expect(body).toContain('process_cpu_seconds_total');
  });

  it('knows no other path and no other method', async () => {
    const { get } = await start({});
    expect((await get('/')).status).toBe(404);
    expect((await get('/metrics', 'POST')).status).toBe(405);
  });

  it('refuses to start on a port that is taken', async () => {
    const first = createOpsServer({ host: '127.0.0.1', port: 0, checks: {}, logger: createSilentLogger() });
    const port = await first.start();
    stops.push(first.stop);
    const second = createOpsServer({ host: '127.0.0.1', port, checks: {}, logger: createSilentLogger() });
    await expect(second.start()).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});

describe('the logger', () => {
  function newLogger() {
    const lines: Record<string, unknown>[] = [];
    const destination = new Writable({
      write(chunk, _encoding, done) {
        lines.push(JSON.parse(String(chunk)));
        done();
      },
    });
    return { logger: createLogger({ service: 'ledger' }, destination), lines };
  }

  it('says which service, request and tenant a line belongs to', () => {
    const { logger, lines } = newLogger();
    runInCallScope({ requestId: 'r-1' }, () => runInCallScope({ tenantId: 't-1' }, () => logger.info('hello')));
    expect(lines).toEqual([
      expect.objectContaining({ level: 'info', service: 'ledger', request_id: 'r-1', tenant_id: 't-1', msg: 'hello' }),
    ]);
  });

  it('hides tokens and passwords', () => {
    const { logger, lines } = newLogger();
    logger.info({ token: 'hunter2', user: { password: 'hunter2' }, a: { b: { authorization: 'hunter2' } } }, 'x');
    expect(JSON.stringify(lines)).not.toContain('hunter2');
  });

  it('tells an error with its cause', () => {
    const { logger, lines } = newLogger();
    logger.error({ error: new Error('outer', { cause: new Error('inner') }) }, 'failed');
    expect(JSON.stringify(lines)).toMatch(/outer[\s\S]*inner/);
  });
});
