import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { anExpense } from '../support/fakes.ts';
import { rawBytes, rawRequest } from '../support/raw-request.ts';
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
    expect([answer.status, answer.headers.get('allow')]).toEqual([204, 'GET, HEAD, PATCH, OPTIONS']);
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

  it('shows nothing of a fault of ours but the trace id, and logs its cause once', async () => {
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
    expect(broken.logLines.filter(({ msg }) => msg === 'request failed')).toHaveLength(1);
  });
});

describe('Answers are held against their schema outside of production', () => {
  const offSchema = { ledger: { getExpense: () => ({ expense: anExpense({ status: 'vanished' }) }) } };

  it('turns an answer off its schema into a 500', async () => {
    await using strict = await startGateway({ handlers: offSchema });
    const answer = await strict.fetch(`/api/v1/expenses/${newId()}`);
    expect(answer.status).toBe(500);
    expect(JSON.stringify(strict.logLines)).toContain('getExpense answered 200 off its schema (status:');
  });

  it('lets it pass where checking is turned off', async () => {
    await using lax = await startGateway({ handlers: offSchema, env: { VALIDATE_RESPONSES: 'false' } });
    expect((await lax.fetch(`/api/v1/expenses/${newId()}`)).status).toBe(200);
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

describe('Each request leaves one line in the access log', () => {
  it('says who asked for what and how it went, and no secrets', async () => {
    await gateway.fetch(`/api/v1/expenses/${newId()}?x=secret-in-query`, {
      headers: { 'x-request-id': 'access-log-1' },
    });
    const line = await eventually(() => {
      const found = gateway.logLines.find(({ msg, request_id }) => msg === 'request' && request_id === 'access-log-1');
      expect(found).toBeDefined();
      return found;
    });
    expect(line).toMatchObject({
      level: 'info',
      method: 'GET',
      route: '/api/v1/expenses/{id}',
      status: 200,
      tenant_id: gateway.tenant.tenantId,
      actor_id: gateway.tenant.ownerId,
    });
    expect(JSON.stringify(gateway.logLines)).not.toMatch(/secret-in-query|Bearer|eyJ/);
  });
});

describe('Every answer carries security headers', () => {
  it.each(['/api/v1/tenant', '/nothing', '/healthz', '/api/openapi.json'])('%s', async (path) => {
    const answer = await gateway.fetch(path);
    const { headers } = answer;
    await answer.text();
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('strict-transport-security')).toMatch(/max-age=\d{8}/);
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('x-powered-by')).toBeNull();
  });

  it('keeps answers out of caches', async () => {
    expect((await gateway.fetch('/api/v1/expenses')).headers.get('cache-control')).toBe('no-store');
    expect((await gateway.fetch('/nothing')).headers.get('cache-control')).toBe('no-store');
  });
});

describe('Browsers of listed origins are let in', () => {
  const preflight = (origin: string) =>
    rawRequest(gateway, {
      method: 'OPTIONS',
      path: '/api/v1/expenses',
      token: false,
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
    });

  it('answers the preflight of a listed origin', async () => {
    const answer = await preflight('https://app.example.com');
    expect(answer.status).toBe(204);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': 'https://app.example.com',
      'access-control-allow-methods': expect.stringContaining('PATCH'),
      'access-control-allow-headers': expect.stringContaining('Idempotency-Key'),
      vary: 'Origin',
    });
    expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
  });

  it.each(['https://evil.example', 'https://app.example.com.evil.example', 'http://app.example.com', 'null'])(
    'allows %s nothing',
    async (origin) => {
      const answer = await preflight(origin);
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
      const plain = await gateway.fetch('/api/v1/tenant', { headers: { origin } });
      expect(plain.headers.get('access-control-allow-origin')).toBeNull();
    },
  );

  it('lets them read the headers they need', async () => {
    const answer = await gateway.fetch('/api/v1/tenant', { headers: { origin: 'http://localhost:5173' } });
    expect(answer.headers.get('access-control-allow-origin')).toBe('http://localhost:5173');
    expect(answer.headers.get('access-control-expose-headers')).toContain('ETag');
  });
});
