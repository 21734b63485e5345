import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { rawRequest } from '../support/raw-request.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({ env: { CORS_ORIGINS: 'https://app.example.com, http://localhost:5173' } });
});
afterAll(() => gateway.stop());

describe('Each request leaves one line in the access log', () => {
  async function lineOf(requestId: string) {
    const lines = await eventually(() => {
      const found = gateway.logLines.filter(({ msg, request_id }) => msg === 'request' && request_id === requestId);
      expect(found).not.toEqual([]);
      return found;
    });
    expect(lines).toHaveLength(1);
    return lines[0]!;
  }

  it('says who asked for what and how it went, and no secrets', async () => {
    const answer = await gateway.fetch('/api/v1/imports?cursor=secret-in-query', {
      headers: { 'x-request-id': 'access-log-1', 'x-correlation-id': 'spring-cleaning' },
    });
    const { length } = await answer.text();
    const line = await lineOf('access-log-1');
    expect(line).toMatchObject({
      level: 'info',
      correlation_id: 'spring-cleaning',
      method: 'GET',
      route: '/api/v1/imports',
      status: 200,
      tenant_id: gateway.tenant.tenantId,
      actor_id: gateway.tenant.ownerId,
    });
    expect(line.duration_ms).toBeGreaterThan(0);
    expect(line.bytes).toBeGreaterThan(length);
    expect(line.bytes).toBeLessThan(length + 3_000);
    expect(JSON.stringify(gateway.logLines)).not.toMatch(/secret-in-query|Bearer|eyJ/);
  });

  it('counts the bytes of each request of a connection by itself', async () => {
    for (let request = 0; request < 3; request += 1) {
      await (
        await gateway.fetch('/api/v1/tenant', { headers: { 'x-request-id': `access-log-bytes-${request}` } })
      ).text();
    }
    const [first, second, third] = await Promise.all([0, 1, 2].map((index) => lineOf(`access-log-bytes-${index}`)));
    expect(Number(second!.bytes)).toBeLessThan(Number(first!.bytes) * 1.1);
    expect(Number(third!.bytes)).toBeLessThan(Number(first!.bytes) * 1.1);
  });

  it('says what was refused and why', async () => {
    await gateway.fetch('/api/v1/tenant', { token: 'rubbish', headers: { 'x-request-id': 'access-log-2' } });
    const line = await lineOf('access-log-2');
    expect(line).toMatchObject({ status: 401, code: 'token_invalid', route: '/api/v1/tenant' });
    expect(line).not.toHaveProperty('actor_id');
  });
});

/** https://owasp.org/www-project-secure-headers, the headers proposed for all answers. */
const owasp: Record<string, RegExp> = {
  'content-security-policy': /^default-src 'none';.*frame-ancestors 'none'/,
  'cross-origin-embedder-policy': /^require-corp$/,
  'cross-origin-opener-policy': /^same-origin$/,
  'cross-origin-resource-policy': /^same-origin$/,
  'permissions-policy': /camera=\(\).*geolocation=\(\).*microphone=\(\)/,
  'referrer-policy': /^no-referrer$/,
  'strict-transport-security': /^max-age=31536000; includeSubDomains$/,
  'x-content-type-options': /^nosniff$/,
  'x-dns-prefetch-control': /^off$/,
  'x-frame-options': /^DENY$/,
  'x-permitted-cross-domain-policies': /^none$/,
};

describe('Every answer carries security headers', () => {
  it.each<[string, number, RequestInit & { token?: string | false; json?: unknown }]>([
    ['/api/v1/tenant', 200, {}],
    [`/api/v1/expenses/${newId()}`, 304, { headers: { 'if-none-match': '"7"' } }],
    ['/api/v1/expenses', 201, { method: 'POST', json: expense() }],
    ['/api/v1/expenses', 204, { method: 'OPTIONS' }],
    ['/api/v1/expenses', 422, { method: 'POST', json: {} }],
    ['/api/v1/tenant', 401, { token: false }],
    ['/api/v1/expenses', 405, { method: 'DELETE' }],
    ['/api/v1/expenses', 415, { method: 'POST', body: 'x' }],
    ['/nothing', 404, {}],
    ['/healthz', 200, {}],
    ['/readyz', 200, {}],
    ['/.well-known/jwks.json', 200, {}],
    ['/api/openapi.json', 200, {}],
    ['/api/docs', 200, {}],
    ['/api/docs/swagger', 200, {}],
    ['/api/docs/swagger/swagger-ui.css', 200, {}],
    ['/api/docs/redoc', 200, {}],
  ])('%s %s', async (path, status, init) => {
    const answer = await gateway.fetch(path, init);
    await answer.text();
    expect(answer.status).toBe(status);
    for (const [name, value] of Object.entries(owasp)) {
      expect([name, answer.headers.get(name)]).toEqual([name, expect.stringMatching(value)]);
    }
    for (const name of ['x-powered-by', 'server']) expect([name, answer.headers.get(name)]).toEqual([name, null]);
    for (const name of ['x-request-id', 'x-correlation-id']) expect(answer.headers.get(name)).toMatch(/.{8}/);
  });

  it('keeps from caches what is anybody’s own', async () => {
    for (const [path, init] of [
      ['/api/v1/expenses', {}],
      [`/api/v1/expenses/${newId()}`, {}],
      [`/api/v1/expenses/${newId()}`, { headers: { 'if-none-match': '"7"' } }],
      ['/api/v1/auth/me', {}],
      ['/api/v1/plans', { token: false }],
      ['/api/v1/expenses', { method: 'POST', json: expense() }],
      ['/api/v1/tenant', { method: 'OPTIONS' }],
      ['/api/v1/tenant', { token: false }],
      ['/nothing', {}],
      ['/healthz', {}],
    ] as const) {
      const answer = await gateway.fetch(path, init as RequestInit);
      expect([path, answer.headers.get('cache-control')]).toEqual([path, 'no-store']);
    }
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
      'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE',
      'access-control-max-age': '600',
      vary: 'Origin',
    });
    const allowed = String(answer.headers['access-control-allow-headers']).toLowerCase().split(', ');
    expect(allowed).toEqual(
      expect.arrayContaining([
        ...['authorization', 'content-type', 'idempotency-key', 'if-match', 'if-none-match', 'x-request-id'],
        ...['x-correlation-id', 'x-tenant-id', 'traceparent'],
      ]),
    );
    expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
  });

  it.each([
    'https://evil.example',
    'https://app.example.com.evil.example',
    'http://app.example.com',
    'https://app.example.com:8443',
    'HTTPS://APP.EXAMPLE.COM',
    'null',
  ])('allows %s nothing', async (origin) => {
    const answer = await preflight(origin);
    expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([204, undefined]);
    expect(answer.headers['access-control-allow-methods']).toBeUndefined();
    const plain = await gateway.fetch('/api/v1/tenant', { headers: { origin } });
    expect(plain.headers.get('access-control-allow-origin')).toBeNull();
    expect(plain.headers.get('vary')).toContain('Origin');
  });

  it('lets them read the headers they need, on errors too', async () => {
    const tooLong = `/api/v1/tenant?x=${'x'.repeat(9_000)}`;
    for (const path of ['/api/v1/tenant', '/api/v1/tenant?x=1', '/nothing', tooLong]) {
      const answer = await gateway.fetch(path, { headers: { origin: 'http://localhost:5173' } });
      expect(answer.headers.get('access-control-allow-origin')).toBe('http://localhost:5173');
      const exposed = answer.headers.get('access-control-expose-headers')?.toLowerCase().split(', ');
      expect(exposed).toEqual(
        expect.arrayContaining([
          ...['etag', 'ratelimit', 'ratelimit-policy', 'retry-after', 'idempotent-replayed', 'x-request-id'],
          ...['x-correlation-id', 'location', 'www-authenticate', 'content-disposition'],
        ]),
      );
    }
  });
});

function expense() {
  return { amount: '125.50', currency: 'EUR', title: 'Lunch', expense_date: '2025-01-15' };
}
