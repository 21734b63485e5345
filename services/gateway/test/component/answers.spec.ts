import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId, unavailable } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { anExpense } from '../support/fake-expenses.ts';
import { rawBytes } from '../support/raw-request.ts';
import { rpcError } from '../support/rpc-error.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({ env: { CORS_ORIGINS: 'https://app.example.com, http://localhost:5173' } });
});
afterAll(() => gateway.stop());

describe('Errors are problem documents', () => {
  it('answers an unknown address with 404', async () => {
    const answer = await gateway.fetch('/api/v1/nothing-here');
    expect(answer.status).toBe(404);
    expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(await answer.json()).toEqual({
      type: 'urn:outlay:problem:not_found',
      title: 'Not found',
      status: 404,
      code: 'not_found',
      detail: expect.any(String),
      trace_id: expect.stringMatching(/.+/),
    });
  });

  it('answers a method that is not there with 405 and those that are', async () => {
    const answer = await gateway.fetch('/api/v1/expenses', { method: 'DELETE' });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST, GET, HEAD, OPTIONS']);
    expect((await answer.json()).code).toBe('method_not_allowed');
  });

  it('answers OPTIONS with what is allowed', async () => {
    const answer = await gateway.fetch('/api/v1/tenant', { method: 'OPTIONS' });
    expect([answer.status, answer.headers.get('allow')]).toEqual([204, 'GET, HEAD, PATCH, PUT, OPTIONS']);
  });

  it('answers HEAD like GET, without a body', async () => {
    const answer = await gateway.fetch('/api/v1/tenant', { method: 'HEAD' });
    expect([answer.status, await answer.text()]).toEqual([200, '']);
  });

  it('answers what is no HTTP with a problem document as well', async () => {
    const answer = await rawBytes(gateway, 'GET / HTTP/1.1\r\nHost: x\r\nBad Header\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('"code":"request_malformed"');
  });

  it('answers headers beyond 16 kB with 431', async () => {
    const answer = await rawBytes(gateway, `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
  });

  it('shows nothing of a fault of ours but the trace id', async () => {
    await using broken = await startGateway({
      handlers: {
        ledger: {
          getExpense: () => {
            throw new Error('select * from secrets');
          },
        },
      },
    });
    const answer = await broken.fetch(`/api/v1/expenses/${newId()}`);
    const text = await answer.text();
    expect(answer.status).toBe(500);
    expect(text).not.toContain('secrets');
    expect(JSON.parse(text)).toMatchObject({ code: 'internal', trace_id: expect.stringMatching(/.+/) });
  });

  it.each([
    ['a fault of its own, whose cause it has logged', new Error('select * from secrets'), 500, 'internal'],
    [
      'that it cannot be reached',
      unavailable('database_unavailable', 'The database is away'),
      503,
      'database_unavailable',
    ],
  ])('logs once what a service answers: %s', async (_what, error, status, code) => {
    await using broken = await startGateway({
      handlers: {
        ledger: {
          getExpense: () => {
            throw rpcError(error);
          },
        },
      },
    });

    const answer = await broken.fetch(`/api/v1/expenses/${newId()}`, { headers: { 'x-request-id': 'of-a-fault' } });

    expect([answer.status, (await answer.json()).code]).toEqual([status, code]);
    const lines = await eventually(() => {
      const found = broken.logLines.filter((line) => line.request_id === 'of-a-fault' && line.level !== 'debug');
      expect(found).not.toEqual([]);
      return found;
    });
    expect(lines).toEqual([expect.objectContaining({ level: 'warn', msg: 'request', status, code })]);
  });
});

describe('Answers are held against their schema outside of production', () => {
  const offSchema = { ledger: { getExpense: () => ({ expense: anExpense({ status: 'vanished' }) }) } };

  it('turns an answer off its schema into a 500', async () => {
    await using strict = await startGateway({ handlers: offSchema });
    const answer = await strict.fetch(`/api/v1/expenses/${newId()}`);
    expect(answer.status).toBe(500);
    const faults = strict.logLines.filter(({ level }) => level === 'error');
    expect(faults).toEqual([expect.objectContaining({ msg: 'request failed' })]);
    expect(JSON.stringify(faults)).toContain('getExpense answered 200 off its schema (status:');
  });

  it('sends it in production, and logs where it is off but not what it says', async () => {
    await using lenient = await startGateway({ handlers: offSchema, env: { VALIDATE_RESPONSES: 'log' } });
    const answer = await lenient.fetch(`/api/v1/expenses/${newId()}`);
    expect([answer.status, (await answer.json()).status]).toEqual([200, 'vanished']);
    const line = await eventually(() => {
      const found = lenient.logLines.find(({ msg }) => msg === 'answer off its schema');
      expect(found).toBeDefined();
      return found;
    });
    expect(line).toMatchObject({
      level: 'error',
      operation: 'getExpense',
      status: 200,
      places: 'status: invalid_value',
    });
    expect(JSON.stringify(lenient.logLines)).not.toContain('vanished');
    expect((await lenient.fetch('/api/v1/tenant')).status).toBe(200);
    expect(lenient.logLines.filter(({ msg }) => msg === 'answer off its schema')).toHaveLength(1);
  });

  it('lets it pass where checking is turned off', async () => {
    await using lax = await startGateway({ handlers: offSchema, env: { VALIDATE_RESPONSES: 'off' } });
    expect((await lax.fetch(`/api/v1/expenses/${newId()}`)).status).toBe(200);
    expect(JSON.stringify(lax.logLines)).not.toContain('off its schema');
  });
});

describe('A trailing slash is accepted', () => {
  it.each(['/api/v1/tenant/', '/api/v1/expenses/?limit=1', `/api/v1/expenses/${newId()}/`, '/healthz/'])(
    '%s',
    async (path) => {
      expect((await gateway.fetch(path)).status).toBe(200);
    },
  );
});

describe('Requests of one undertaking have a correlation id', () => {
  it('answers it and hands it on beside the id of the request', async () => {
    const answer = await gateway.fetch('/api/v1/tenant', { headers: { 'x-correlation-id': 'spring-cleaning' } });
    const requestId = answer.headers.get('x-request-id');
    expect(answer.headers.get('x-correlation-id')).toBe('spring-cleaning');
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(gateway.lastCall('tenancy', 'getTenant').metadata).toMatchObject({
      'x-correlation-id': 'spring-cleaning',
      'x-request-id': requestId,
    });
  });

  it.each([undefined, 'short', 'with blank inside', 'x'.repeat(129)])('is that of the request for %j', async (sent) => {
    const headers: Record<string, string> = sent === undefined ? {} : { 'x-correlation-id': sent };
    const answer = await gateway.fetch('/api/v1/plans', { token: false, headers });
    expect(answer.headers.get('x-correlation-id')).toBe(answer.headers.get('x-request-id'));
    expect(gateway.lastCall('tenancy', 'listPlans').metadata['x-correlation-id']).toBe(
      answer.headers.get('x-request-id'),
    );
  });

  it('is on errors too', async () => {
    const answer = await gateway.fetch('/nothing', { headers: { 'x-correlation-id': 'spring-cleaning' } });
    expect([answer.status, answer.headers.get('x-correlation-id')]).toEqual([404, 'spring-cleaning']);
  });
});

describe('Requests have an id', () => {
  it('makes one, answers it and hands it on', async () => {
    const answer = await gateway.fetch('/api/v1/tenant');
    const requestId = answer.headers.get('x-request-id');
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(gateway.lastCall('tenancy', 'getTenant').metadata['x-request-id']).toBe(requestId);
  });

  it('takes over one that is well-formed', async () => {
    const answer = await gateway.fetch('/api/v1/tenant', { headers: { 'x-request-id': 'client-4711.a' } });
    expect(answer.headers.get('x-request-id')).toBe('client-4711.a');
  });

  it.each(['short', 'x'.repeat(129), 'with blank inside', '<script>alert'])('replaces %j', async (sent) => {
    const answer = await gateway.fetch('/api/v1/tenant', { headers: { 'x-request-id': sent } });
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });
});
