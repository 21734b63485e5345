import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DomainError, newId, unauthenticated } from '@outlay/platform';
import { rawRequest } from '../support/raw-request.ts';
import { rpcError } from '../support/rpc-error.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

const credentials = JSON.stringify({ email: 'mara@acme.example', password: 'Password123' });

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({ env: { BASE_DOMAIN: 'outlay.test' } });
});
afterAll(() => gateway.stop());

function logIn(headers: Record<string, string>) {
  return rawRequest(gateway, {
    method: 'POST',
    path: '/api/v1/auth/login',
    token: false,
    headers: { 'content-type': 'application/json', ...headers },
    body: credentials,
  });
}

function show(headers: Record<string, string>, token?: string) {
  return rawRequest(gateway, { path: '/api/v1/tenant', headers, token });
}

const loginRequest = () => gateway.lastCall('identity', 'login').request;

describe('At log-in the tenant is chosen', () => {
  it('by nobody, where nothing names one', async () => {
    expect((await logIn({ host: 'localhost:8080' })).status).toBe(200);
    expect(loginRequest()).toMatchObject({ email: 'mara@acme.example', tenantId: '', clientAddress: '127.0.0.1' });
  });

  it('by X-Tenant-Id with the id', async () => {
    expect((await logIn({ 'x-tenant-id': gateway.tenant.tenantId.toUpperCase() })).status).toBe(200);
    expect(loginRequest()).toMatchObject({ tenantId: gateway.tenant.tenantId });
  });

  it('by X-Tenant-Id with the subdomain', async () => {
    expect((await logIn({ 'x-tenant-id': gateway.tenant.subdomain })).status).toBe(200);
    expect(loginRequest()).toMatchObject({ tenantId: gateway.tenant.tenantId });
  });

  it('by the subdomain of the host', async () => {
    expect((await logIn({ host: `${gateway.tenant.subdomain.toUpperCase()}.outlay.test:8080` })).status).toBe(200);
    expect(loginRequest()).toMatchObject({ tenantId: gateway.tenant.tenantId });
  });

  it.each([
    ...['outlay.test', 'api.outlay.test', 'www.outlay.test', 'app.outlay.test', 'admin.outlay.test'],
    ...['10.0.0.7:8080', 'gateway.internal', '[::1]:8080'],
  ])('by nobody at %s', async (host) => {
    expect((await logIn({ host })).status).toBe(200);
    expect(loginRequest()).toMatchObject({ tenantId: '' });
  });

  it('and answers tokens, the user and the tenant', async () => {
    const answer = await logIn({});
    expect(answer.json()).toMatchObject({
      access_token: expect.stringMatching(/^eyJ/),
      refresh_token: 'refresh',
      token_type: 'Bearer',
      expires_in: 3600,
      user: { email: 'mara@acme.example', first_name: 'Mara' },
      tenant: { id: gateway.tenant.tenantId, subdomain: gateway.tenant.subdomain, role: 'owner' },
    });
  });
});

describe('An unknown tenant is 404 tenant_not_found', () => {
  it.each<[string, Record<string, string>]>([
    ['an id', { 'x-tenant-id': newId() }],
    ['a subdomain', { 'x-tenant-id': 'nobody' }],
    ['a host', { host: 'nobody.outlay.test' }],
    ['a host two levels down', { host: 'a.b.outlay.test' }],
    ['what cannot be a name', { 'x-tenant-id': '../etc' }],
    ['nothing', { 'x-tenant-id': '' }],
  ])('named by %s', async (_name, headers) => {
    for (const answer of [await logIn(headers), await show(headers)]) {
      expect([answer.status, answer.json().code]).toEqual([404, 'tenant_not_found']);
    }
  });
});

describe('With a token the named tenant must be that of the token', () => {
  it('lets agreement pass', async () => {
    const { tenantId, subdomain } = gateway.tenant;
    const agreeing: Record<string, string>[] = [
      { 'x-tenant-id': tenantId },
      { 'x-tenant-id': subdomain },
      { host: `${subdomain}.outlay.test` },
    ];
    for (const headers of agreeing) {
      expect((await show(headers)).status).toBe(200);
    }
  });

  it.each<[string, Record<string, string>]>([
    ['the header', { 'x-tenant-id': 'other' }],
    ['the host', { host: 'other.outlay.test' }],
  ])('refuses another one in %s with 403', async (_name, headers) => {
    const answer = await show(headers);
    expect([answer.status, answer.json().code]).toEqual([403, 'tenant_mismatch']);
  });

  it('refuses a header and a host that disagree', async () => {
    const headers = { 'x-tenant-id': gateway.tenant.tenantId, host: 'other.outlay.test' };
    expect((await show(headers)).status).toBe(403);
    const atLogin = await logIn(headers);
    expect([atLogin.status, atLogin.json().code]).toEqual([403, 'tenant_mismatch']);
  });
});

describe('Tenants are looked up once, not each time', () => {
  it('asks tenancy once for many requests at the same time', async () => {
    await using fresh = await startGateway();
    const headers = { 'x-tenant-id': fresh.tenant.subdomain };
    await Promise.all(Array.from({ length: 20 }, () => rawRequest(fresh, { path: '/api/v1/tenant', headers })));
    expect(fresh.fakes.tenancy.calls.filter(({ method }) => method === 'resolveTenant')).toHaveLength(1);
  });

  it('knows a currency that was just changed', async () => {
    const path = '/api/v1/expenses?amount_min=10.50';
    expect((await gateway.fetch(path)).status).toBe(200);
    expect(gateway.lastCall('ledger', 'listExpenses').request).toMatchObject({ filter: { amountMinorFrom: 1050n } });
  });
});

describe('A person of several tenants who names none', () => {
  it('gets 409 with the list', async () => {
    const tenants = [
      { id: newId(), name: 'Acme', subdomain: 'acme', role: 'owner' },
      { id: newId(), name: 'Other', subdomain: 'other', role: 'member' },
    ];
    await using choosy = await startGateway({
      handlers: {
        identity: {
          login: () => {
            throw rpcError(
              new DomainError('conflict', 'tenant_required', 'Name one', {
                meta: { tenants: JSON.stringify(tenants) },
              }),
            );
          },
        },
      },
    });
    const answer = await choosy.fetch('/api/v1/auth/login', {
      method: 'POST',
      body: credentials,
      token: false,
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.status).toBe(409);
    expect(await answer.json()).toMatchObject({ code: 'tenant_required', tenants });
  });
});

describe('Wrong credentials', () => {
  it('are 401 without a hint', async () => {
    await using strict = await startGateway({
      handlers: {
        identity: {
          login: () => {
            throw rpcError(unauthenticated('invalid_credentials', 'E-mail or password is wrong'));
          },
        },
      },
    });
    const answer = await strict.fetch('/api/v1/auth/login', {
      method: 'POST',
      json: { email: 'mara@acme.example', password: 'nope' },
      token: false,
    });
    expect([answer.status, (await answer.json()).code]).toEqual([401, 'invalid_credentials']);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="outlay"');
  });
});
