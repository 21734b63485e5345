import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@outlay/platform';
import type { Route } from '../../src/http/define-route.ts';
import { routes } from '../../src/routes/index.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.stop());

/** The operation as its own example calls it, by somebody who may do everything. */
function callOf(
  { method, path, request, access }: Route,
  change: { headers?: Record<string, string>; query?: string },
) {
  const hasBody = request?.body !== undefined;
  const platformAdmin = access.caller === 'platform_admin';
  return gateway.fetch(`/api/v1${path.replace(/\{\w+\}/g, () => newId())}${change.query ?? ''}`, {
    method: method.toUpperCase(),
    token: gateway.token({ platformAdmin }),
    ...(hasBody && { json: request.bodyExample ?? {} }),
    headers: change.headers ?? {},
  });
}

const named = (some: readonly Route[]) => some.map((route) => [route.operationId, route] as const);
const writes = routes.filter(({ method }) => method !== 'get');

describe('If-Match', () => {
  it.each(named(writes.filter(({ ifMatch }) => !ifMatch)))(
    'is refused by %s, which would not look at it',
    async (_name, route) => {
      const answer = await callOf(route, { headers: { 'if-match': '"1"' } });
      expect([answer.status, (await answer.json()).errors]).toEqual([
        422,
        [{ field: 'If-Match', code: 'not_supported', message: 'is not looked at by this operation' }],
      ]);
    },
  );

  it.each([
    ['POST', '/api-keys/{id}/rotate', 'rotateApiKey', {}],
    ['DELETE', '/api-keys/{id}', 'revokeApiKey', undefined],
    ['POST', '/tenant/owner', 'transferOwnership', { user_id: newId() }],
  ])('of %s %s reaches the service', async (method, path, rpc, json) => {
    const at = `/api/v1${path.replace('{id}', newId())}`;
    const answer = await gateway.fetch(at, { method, json, headers: { 'if-match': '"7"' } });
    expect(answer.status).toBe(200);
    expect(gateway.lastCall('identity', rpc).request).toMatchObject({ version: 7n });
  });
});

describe('A query parameter that nobody knows', () => {
  it.each(named(routes))('is 422 at %s', async (_name, route) => {
    const answer = await callOf(route, { query: '?nobody_knows_this=1' });
    const { errors } = await answer.json();
    expect([answer.status, errors]).toEqual([
      422,
      expect.arrayContaining([expect.objectContaining({ field: 'nobody_knows_this', code: 'unknown_field' })]),
    ]);
  });
});

describe('The tenant that a request names', () => {
  it('is held against the token of a platform admin as well', async () => {
    const token = gateway.token({ platformAdmin: true });
    const list = (tenant: string) =>
      gateway.fetch('/api/v1/admin/tenants', { token, headers: { 'x-tenant-id': tenant } });
    const refused = await list('other');
    expect([refused.status, (await refused.json()).code]).toEqual([403, 'tenant_mismatch']);
    expect((await list(gateway.tenant.subdomain)).status).toBe(200);
  });

  it('goes on to identity where a session is refreshed', async () => {
    const refresh = (headers: Record<string, string>) =>
      gateway.fetch('/api/v1/auth/refresh', { method: 'POST', token: false, json: { refresh_token: 'r' }, headers });
    expect((await refresh({})).status).toBe(200);
    expect(gateway.lastCall('identity', 'refreshSession').request).toMatchObject({ tenantId: '' });
    expect((await refresh({ 'x-tenant-id': gateway.tenant.subdomain })).status).toBe(200);
    expect(gateway.lastCall('identity', 'refreshSession').request).toMatchObject({ tenantId: gateway.tenant.tenantId });
    expect((await refresh({ 'x-tenant-id': 'nobody' })).status).toBe(404);
  });
});

describe('What an idempotency key is bound to', () => {
  const [first, second] = [newId(), newId()];
  const digestOf = async (method: string, path: string, body: string, headers: Record<string, string> = {}) => {
    const answer = await gateway.fetch(`/api/v1${path}`, {
      method,
      body,
      headers: { 'content-type': 'application/json', 'idempotency-key': 'one-key', ...headers },
    });
    expect(answer.status).toBe(200);
    return gateway.lastCall('identity', 'changeMemberRole').metadata['x-request-digest'];
  };
  const role = '{"role":"analyst"}';

  it('is what was meant, however it is written', async () => {
    const digest = await digestOf('PATCH', `/members/${first}`, role);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(await digestOf('PATCH', `/members/${first}`, '{ "role" : "an\\u0061lyst" }')).toBe(digest);
  });

  it.each<[string, string, string, string, Record<string, string>]>([
    ['the operation', 'PUT', `/members/${first}`, role, {}],
    ['what it is about', 'PATCH', `/members/${second}`, role, {}],
    ['the body', 'PATCH', `/members/${first}`, '{"role":"member"}', {}],
    ['the version seen', 'PATCH', `/members/${first}`, role, { 'if-match': '"3"' }],
  ])('is %s too', async (_name, method, path, body, headers) => {
    const digest = await digestOf('PATCH', `/members/${first}`, role);
    expect(await digestOf(method, path, body, headers)).not.toBe(digest);
  });
});

describe('A name with characters that nobody sees', () => {
  const expense = { amount: '12.50', currency: 'EUR', title: 'Lunch', expense_date: '2025-01-15' };
  const first = newId();

  it.each([
    ['PATCH', '/tenant', { name: 'Acme\u202egnp.exe' }, 'name'],
    ['PATCH', '/users/me', { first_name: 'Ma\u200bra' }, 'first_name'],
    ['POST', '/api-keys', { name: 'Import\u0007', scopes: ['expenses:write'] }, 'name'],
    ['POST', '/categories', { name: '\u2066Travel' }, 'name'],
    ['POST', '/expenses', { ...expense, title: '\u202egnp.exe' }, 'title'],
    ['POST', '/expenses', { ...expense, title: 'Lunch\nDinner' }, 'title'],
    ['PATCH', `/expenses/${first}`, { vendor: '\u200b' }, 'vendor'],
    ['PUT', `/expenses/${first}`, { ...expense, tags: ['food', '\u200b'] }, 'tags[1]'],
    ['POST', '/projects', { name: 'Website', code: 'W\u200bEB' }, 'code'],
    ['POST', '/import-mappings', { name: 'Cards\u200b', mapping: {} }, 'name'],
  ])('is refused: %s %s', async (method, path, json, field) => {
    const answer = await gateway.fetch(`/api/v1${path}`, { method, json });
    const { errors } = await answer.json();
    expect([answer.status, errors]).toEqual([422, [expect.objectContaining({ field, code: 'invisible_characters' })]]);
  });

  it.each([
    ['/categories', { name: '\u3164' }, 'name'],
    ['/expenses', { ...expense, title: '\u200d' }, 'title'],
    ['/expenses', { ...expense, vendor: '\u2800' }, 'vendor'],
    ['/expenses', { ...expense, tags: ['\ufe0f'] }, 'tags[0]'],
  ])('is refused where there is nothing else to see: %s %j', async (path, json, field) => {
    const answer = await gateway.fetch(`/api/v1${path}`, { method: 'POST', json });
    const { errors } = await answer.json();
    expect([answer.status, errors]).toEqual([422, [expect.objectContaining({ field, code: 'blank' })]]);
  });

  it('is taken where it is how a script is written, without the blanks around it', async () => {
    const answer = await gateway.fetch('/api/v1/tenant', { method: 'PATCH', json: { name: '  شرکت می\u200cخواهم ' } });
    expect(answer.status).toBe(200);
    expect(gateway.lastCall('tenancy', 'updateTenant').request).toMatchObject({ name: 'شرکت می\u200cخواهم' });
  });
});
