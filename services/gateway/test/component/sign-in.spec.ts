import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { identity } from '@outlay/contracts';
import { newId, notFound, unauthenticated } from '@outlay/platform';
import { eventually, testRedisUrl } from '@outlay/testkit';
import { rpcError } from '../support/rpc-error.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

/** What identity is told to answer, where a test has something to say. */
let closed = new Set<string>();
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({
    handlers: {
      identity: {
        revokeSession: ({ sessionId }: identity.RevokeSessionRequest) => {
          if (closed.has(sessionId)) throw rpcError(notFound('session_not_found', 'There is no such open session'));
          return { sessionId, revokedAt: new Date(), replayed: false };
        },
        logoutEverywhere: (_request: never, metadata: Record<string, string>) => {
          const key = metadata['idempotency-key'];
          if (key === 'unheard-of') throw rpcError(unauthenticated('session_revoked', 'The session has been closed'));
          return { sessionIds: [...closed], revokedAt: new Date(), replayed: key === 'again' };
        },
      },
    },
  });
});
afterAll(() => gateway.stop());

const post = (path: string, json?: unknown, more: object = {}) =>
  gateway.fetch(`/api/v1${path}`, { method: 'POST', json, ...more });

describe('Signing in', () => {
  it('takes an idempotency key, and says when an answer is an earlier one', async () => {
    const headers = { 'idempotency-key': newId() };
    const body = { email: 'mara@acme.example', password: 'Password123' };
    await post('/auth/login', body, { token: false, headers });
    expect(gateway.lastCall('identity', 'login').metadata).toMatchObject({
      'idempotency-key': headers['idempotency-key'],
      'x-request-digest': expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    await post('/auth/refresh', { refresh_token: 'x' }, { token: false, headers });
    expect(gateway.lastCall('identity', 'refreshSession').metadata['idempotency-key']).toBe(headers['idempotency-key']);
  });

  it('tells identity where the request came from', async () => {
    const headers = { 'user-agent': 'Laptop/1.0' };
    await post('/auth/login', { email: 'mara@acme.example', password: 'x' }, { token: false, headers });
    expect(gateway.lastCall('identity', 'login').metadata).toMatchObject({
      'x-client-address': expect.stringContaining('127.0.0.1'),
      'x-client-user-agent': 'Laptop/1.0',
    });
  });

  it('again answers a fresh access token alone', async () => {
    const answer = await post('/auth/reauthenticate', { password: 'Password123', code: '123456' });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ access_token: expect.any(String), token_type: 'Bearer', expires_in: 3600 });
    expect(gateway.lastCall('identity', 'reauthenticate').request).toEqual({ password: 'Password123', code: '123456' });
  });

  it('in another tenant takes its id or its subdomain', async () => {
    for (const tenantId of [newId(), 'globex']) {
      const answer = await post('/auth/switch-tenant', { tenant_id: tenantId });
      expect([answer.status, (await answer.json()).token_type]).toEqual([200, 'Bearer']);
      expect(gateway.lastCall('identity', 'switchTenant').request).toEqual({ tenantId });
    }
  });
});

describe('One’s sessions', () => {
  it('are listed', async () => {
    const answer = await gateway.fetch('/api/v1/users/me/sessions?limit=2');
    expect((await answer.json()).data).toMatchObject([
      { current: true, tenant_id: gateway.tenant.tenantId, client_address: '192.0.2.7' },
      { current: false, tenant_id: null },
    ]);
    expect(gateway.lastCall('identity', 'listSessions').request).toMatchObject({ page: { limit: 2 } });
  });

  it('are locked out here the moment they are closed', async () => {
    const [mine, other] = [newId(), newId()];
    const token = gateway.token({ sessionId: other });
    expect((await gateway.fetch('/api/v1/tenant', { token })).status).toBe(200);

    const path = `/api/v1/users/me/sessions/${other}`;
    const answer = await gateway.fetch(path, { method: 'DELETE', token: gateway.token({ sessionId: mine }) });

    expect([answer.status, (await answer.json()).session_id]).toEqual([200, other]);
    expect((await gateway.fetch('/api/v1/tenant', { token })).status).toBe(401);
    expect((await gateway.fetch('/api/v1/tenant', { token: gateway.token({ sessionId: mine }) })).status).toBe(200);
  });

  it('that are not there are 404', async () => {
    closed = new Set([newId()]);
    for (const id of [...closed, 'no-id']) {
      const answer = await gateway.fetch(`/api/v1/users/me/sessions/${id}`, { method: 'DELETE' });
      expect([answer.status, (await answer.json()).code]).toEqual([404, 'session_not_found']);
    }
  });

  it('are closed all at once', async () => {
    closed = new Set([newId(), newId()]);
    const tokens = [...closed].map((sessionId) => gateway.token({ sessionId }));

    const answer = await post('/auth/logout-all', undefined, { token: tokens[0] });

    expect(new Set((await answer.json()).session_ids)).toEqual(closed);
    for (const token of tokens) expect((await gateway.fetch('/api/v1/tenant', { token })).status).toBe(401);
  });

  it('that are closed get the answer to an earlier key, and nothing else', async () => {
    const token = gateway.token({ sessionId: newId() });
    closed = new Set([JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()).sid]);
    await post('/auth/logout-all', undefined, { token });
    const withKey = (key: string) =>
      post('/auth/logout-all', undefined, { token, headers: { 'idempotency-key': key } });

    const again = await withKey('again');
    const unheardOf = await withKey('unheard-of');

    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
    expect([unheardOf.status, (await unheardOf.json()).code]).toEqual([401, 'session_revoked']);
    expect((await post('/auth/logout-all', undefined, { token })).status).toBe(401);
    const elsewhere = await post(
      '/auth/switch-tenant',
      { tenant_id: 'x' },
      { token, headers: { 'idempotency-key': 'k' } },
    );
    expect(elsewhere.status).toBe(401);
  });
});

describe('Closed sessions reach every gateway', () => {
  it.each([
    ['over Redis', true],
    ['by asking', false],
  ] as const)('%s', async (_name, hasRedis) => {
    const record: string[] = [];
    // Over Redis alone: identity has nothing on record here. By asking alone: there is no Redis.
    const handlers = {
      identity: {
        listRevokedSessions: () => ({ sessionIds: hasRedis ? [] : [...record] }),
        logoutEverywhere: () => ({ sessionIds: [...record], revokedAt: new Date(), replayed: false }),
      },
    };
    const env: Record<string, string> = hasRedis ? { REDIS_URL: testRedisUrl() } : {};
    await using first = await startGateway({ handlers, env });
    await using second = await startGateway({
      handlers,
      env,
      overrides: { loadKeys: async () => first.issuer.jwks as never },
    });
    const bystander = first.token({ sessionId: newId() });
    const status = async (at: TestGateway, token: string) => (await at.fetch('/api/v1/auth/me', { token })).status;
    const closeAll = async (sessions: string[]) => {
      const tokens = sessions.map((sessionId) => first.token({ sessionId }));
      for (const token of tokens) expect(await status(second, token)).toBe(200);
      record.splice(0, record.length, ...sessions);
      await first.fetch('/api/v1/auth/logout-all', { method: 'POST', token: tokens[0] });
      for (const token of tokens) {
        expect(await status(first, token)).toBe(401);
        await eventually(async () => expect(await status(second, token)).toBe(401), { timeoutMs: 3_000 });
      }
    };
    // What is told before the other gateway listens is told once.
    await eventually(() => closeAll([newId()]));
    for (let round = 0; round < 5; round += 1) {
      await closeAll([newId(), newId(), newId()]);
    }
    for (const at of [first, second]) expect(await status(at, bystander)).toBe(200);
  });
});

describe('The security of a tenant', () => {
  it('is shown and changed at a version', async () => {
    const shown = await gateway.fetch('/api/v1/tenant/security');
    expect([shown.headers.get('etag'), await shown.json()]).toEqual(['"3"', { session_hours: 720, version: 3 }]);

    const changed = await gateway.fetch('/api/v1/tenant/security', {
      method: 'PATCH',
      json: { session_hours: 24 },
      headers: { 'if-match': '"3"' },
    });

    expect([changed.headers.get('etag'), await changed.json()]).toEqual(['"4"', { session_hours: 24, version: 4 }]);
    expect(gateway.lastCall('identity', 'updateTenantSecurity').request).toEqual({ sessionHours: 24, version: 3n });
  });

  it('has sessions of a day or of thirty', async () => {
    for (const hours of [0, 25, 8760, '24']) {
      const json = { session_hours: hours };
      const answer = await gateway.fetch('/api/v1/tenant/security', { method: 'PATCH', json });
      expect([answer.status, (await answer.json()).errors[0].field]).toEqual([422, 'session_hours']);
    }
  });

  it('is logged, for owners and admins to read', async () => {
    const user = newId();
    const query = `kind=login.failed&user_id=${user}&from=2025-01-01T00:00:00Z&to=2025-02-01T00:00:00Z&limit=5`;

    const answer = await gateway.fetch(`/api/v1/security-events?${query}`);

    expect((await answer.json()).data[0]).toMatchObject({
      kind: 'login.failed',
      actor_id: null,
      actor_kind: 'anonymous',
    });
    expect(gateway.lastCall('identity', 'listSecurityEvents').request).toMatchObject({
      kind: 'login.failed',
      userId: user,
      from: new Date('2025-01-01'),
      to: new Date('2025-02-01'),
      page: { limit: 5 },
    });
    for (const role of ['analyst', 'member'] as const) {
      expect((await gateway.fetch('/api/v1/security-events', { token: gateway.token({ role }) })).status).toBe(403);
    }
    for (const wrong of ['from=yesterday', 'from=0000-01-01T00:00:00Z', 'user_id=mara', 'kind=']) {
      expect((await gateway.fetch(`/api/v1/security-events?${wrong}`)).status).toBe(422);
    }
  });
});

describe('Rotating signing keys', () => {
  const rotate = (authTime: number, json?: unknown) =>
    post('/admin/signing-keys/rotate', json, { token: gateway.issuer.token({ platformAdmin: true, authTime }) });
  const now = () => Math.floor(Date.now() / 1_000);

  it('is for a platform admin', async () => {
    const answer = await rotate(now(), { withdraw_old: true });
    expect(await answer.json()).toEqual({ kid: 'a-new-key', signs_from: expect.any(String) });
    expect(gateway.lastCall('identity', 'rotateSigningKeys').request).toEqual({ withdrawOld: true });
    await rotate(now());
    expect(gateway.lastCall('identity', 'rotateSigningKeys').request).toEqual({ withdrawOld: false });
    expect((await post('/admin/signing-keys/rotate')).status).toBe(403);
  });

  it('needs a fresh log-in, and says so as RFC 9470 has it', async () => {
    const answer = await rotate(now() - 1_000);
    expect([answer.status, (await answer.json()).code]).toEqual([401, 'fresh_login_required']);
    expect(answer.headers.get('www-authenticate')).toBe(
      'Bearer realm="outlay", error="insufficient_user_authentication", ' +
        'error_description="Prove again who you are, then try again", max_age="900"',
    );
  });
});

describe('What is for developers', () => {
  const stale = (at: TestGateway) => at.token({ authTime: Math.floor(Date.now() / 1_000) - 1_000 });
  const paths = ['/guest', '/protected', '/fresh-protected'];

  it('is not there, nor in the documents, unless it is asked for', async () => {
    for (const path of paths) expect((await gateway.fetch(`/api/v1${path}`)).status).toBe(404);
    const document = await (await gateway.fetch('/api/openapi.json')).text();
    for (const path of paths) expect(document).not.toContain(`"/api/v1${path}"`);
    expect(document).not.toContain('Developer');
  });

  it('needs no token, a token, and a fresh log-in', async () => {
    await using offering = await startGateway({ env: { DEVELOPER_ROUTES: 'true' } });
    const statuses = async (token?: string | false) =>
      Promise.all(paths.map(async (path) => (await offering.fetch(`/api/v1${path}`, { token })).status));

    expect(await statuses(false)).toEqual([200, 401, 401]);
    expect(await statuses(stale(offering))).toEqual([200, 200, 401]);
    expect(await statuses()).toEqual([200, 200, 200]);
    const document = await (await offering.fetch('/api/openapi.json')).text();
    for (const path of paths) expect(document).toContain(`"/api/v1${path}"`);
  });
});
