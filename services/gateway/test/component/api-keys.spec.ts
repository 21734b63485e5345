import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId, unavailable } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { keyToken, unknownSecret } from '../support/fake-members.ts';
import { rpcError } from '../support/rpc-error.ts';
import { startGateway, type TestGateway, type TestResponse } from '../support/start-gateway.ts';

const secret = `outlay_${'K'.repeat(43)}`;
const expense = { amount: '12.50', currency: 'EUR', title: 'Paper', expense_date: '2025-01-15' };

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.stop());

const outcome = async (answer: Promise<TestResponse>) => {
  const { status, headers } = await answer;
  return { status, code: (await (await answer).json()).code, challenge: headers.get('www-authenticate') };
};
const exchangesAt = ({ fakes }: TestGateway) =>
  fakes.identity.calls.filter(({ method }) => method === 'exchangeApiKey');

/** A gateway where one key is known. */
async function withKey(scopes: string[], keyId = newId()) {
  const state = { isAway: false, closed: [] as string[] };
  const started: TestGateway = await startGateway({
    handlers: {
      identity: {
        exchangeApiKey: () => {
          if (state.isAway) throw rpcError(unavailable('unavailable', 'away'));
          return { accessToken: keyToken(started.issuer, started.tenant, scopes, keyId), expiresInSeconds: 300 };
        },
        listRevokedSessions: () => ({ sessionIds: state.closed }),
      },
    },
  });
  return {
    started,
    state,
    keyId,
    record: () => started.fetch('/api/v1/expenses', { method: 'POST', json: expense, token: secret }),
  };
}

describe('An API key in the place of a token', () => {
  it('is exchanged once, by the gateway’s own right, and its token goes on to the service', async () => {
    const { started, keyId, record } = await withKey(['expenses:write']);
    await using _stopped = started;

    const answers = await Promise.all(Array.from({ length: 10 }, record));

    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(201));
    expect(exchangesAt(started)).toHaveLength(1);
    expect(exchangesAt(started)[0]).toMatchObject({
      request: { secret },
      metadata: { 'x-client-address': expect.any(String) },
    });
    const { metadata } = started.lastCall('ledger', 'recordExpense');
    expect(JSON.stringify(metadata)).not.toContain(secret);
    const claims = JSON.parse(Buffer.from(String(metadata.authorization).split('.')[1]!, 'base64url').toString());
    expect(claims).toMatchObject({ kind: 'api_key', sub: keyId });
  });

  it('is what the access log says, and never its secret', async () => {
    const { started, keyId, record } = await withKey(['expenses:write']);
    await using _stopped = started;
    await record();

    await eventually(() =>
      expect(started.logLines).toContainEqual(
        expect.objectContaining({ msg: 'request', api_key_id: keyId, tenant_id: started.tenant.tenantId }),
      ),
    );
    expect(JSON.stringify(started.logLines)).not.toContain(secret);
  });

  it('may do what its scopes say, and nothing else', async () => {
    const { started } = await withKey(['expenses:read', 'members:read']);
    await using _stopped = started;
    const attempt = (method: string, path: string, json?: unknown) =>
      started.fetch(`/api/v1${path}`, { method, json, token: secret });

    expect((await attempt('GET', '/expenses')).status).toBe(200);
    expect((await attempt('GET', '/members')).status).toBe(200);
    for (const [method, path, json] of [
      ['POST', '/expenses', expense],
      ['GET', '/categories', undefined],
      ['POST', '/invitations', { email: 'a@b.example', role: 'admin' }],
      ['DELETE', `/members/${newId()}`, undefined],
      ['POST', '/members/leave', undefined],
      ['GET', '/api-keys', undefined],
      ['POST', '/api-keys', { name: 'Mine', scopes: ['tenant:write'] }],
      ['DELETE', `/api-keys/${newId()}`, undefined],
    ] as const) {
      expect(await outcome(attempt(method, path, json))).toMatchObject({ status: 403, code: 'scope_required' });
    }
    for (const [method, path] of [
      ['GET', '/auth/me'],
      ['POST', '/auth/logout'],
      ['GET', '/tenants'],
    ] as const) {
      expect(await outcome(attempt(method, path))).toMatchObject({ status: 403, code: 'access_denied' });
    }
  });

  it('is 401 alike for one that nobody has and for text that is none', async () => {
    for (const token of [unknownSecret, 'outlay_', 'outlay_short', `${secret}x`]) {
      expect(await outcome(gateway.fetch('/api/v1/expenses', { token }))).toEqual({
        status: 401,
        code: 'api_key_invalid',
        challenge: 'Bearer realm="outlay", error="invalid_token"',
      });
    }
  });

  it('is asked about once in a second though it is refused', async () => {
    await using fresh = await startGateway();
    for (let attempt = 0; attempt < 20; attempt += 1) await fresh.fetch('/api/v1/expenses', { token: unknownSecret });

    expect(exchangesAt(fresh).length).toBeLessThan(5);
  });

  it('goes on while identity is away, and a new one is 503', async () => {
    const { started, state, record } = await withKey(['expenses:write']);
    await using _stopped = started;
    expect((await record()).status).toBe(201);
    state.isAway = true;

    expect((await record()).status).toBe(201);
    const other = started.fetch('/api/v1/expenses', { token: `outlay_${'N'.repeat(43)}` });
    expect(await outcome(other)).toMatchObject({ status: 503 });
  });

  it('stops within the revocation time, here at once', async () => {
    const { started, state, keyId, record } = await withKey(['expenses:write']);
    await using _stopped = started;
    expect((await record()).status).toBe(201);

    state.closed = [keyId];
    await eventually(async () => expect((await record()).status).toBe(401));
  });

  it('stops at once at the gateway that it was revoked at', async () => {
    const { started, keyId, record } = await withKey(['expenses:write']);
    await using _stopped = started;
    expect((await record()).status).toBe(201);

    expect((await started.fetch(`/api/v1/api-keys/${keyId}`, { method: 'DELETE' })).status).toBe(200);

    expect(await outcome(record())).toMatchObject({ status: 401, code: 'api_key_invalid' });
  });

  it('is no way in for the token it is exchanged for, nor for a person’s', async () => {
    const token = keyToken(gateway.issuer, gateway.tenant, ['expenses:read']);
    expect(await outcome(gateway.fetch('/api/v1/expenses', { token }))).toMatchObject({ code: 'token_invalid' });

    await using odd: TestGateway = await startGateway({
      handlers: { identity: { exchangeApiKey: () => ({ accessToken: odd.token(), expiresInSeconds: 300 }) } },
    });
    expect(await outcome(odd.fetch('/api/v1/expenses', { token: secret }))).toMatchObject({ code: 'api_key_invalid' });
  });
});

describe('API keys as resources', () => {
  const call = (method: string, path: string, json?: unknown, headers: Record<string, string> = {}) =>
    gateway.fetch(`/api/v1/api-keys${path}`, { method, json, headers });

  it('are made with a secret that is shown once', async () => {
    const made = await call('POST', '', {
      name: 'Import',
      scopes: ['expenses:write'],
      expires_at: '2030-01-01T00:00:00Z',
    });

    expect([made.status, made.headers.get('etag'), made.headers.get('cache-control')]).toEqual([
      201,
      '"1"',
      expect.stringContaining('no-store'),
    ]);
    const body = await made.json();
    expect(body).toMatchObject({ name: 'Import', expires_at: '2030-01-01T00:00:00.000Z', secret: expect.any(String) });
    expect(made.headers.get('location')).toBe(`/api/v1/api-keys/${body.id}`);
    for (const path of ['', `/${body.id}`]) expect(await (await call('GET', path)).text()).not.toContain('secret');
  });

  it('are refused with scopes that nobody knows', async () => {
    const answer = await call('POST', '', { name: 'Import', scopes: ['everything'] });
    expect([answer.status, (await answer.json()).errors[0].field]).toEqual([422, 'scopes[0]']);
  });

  it('are changed, rotated and ended', async () => {
    const id = newId();
    const changed = await call('PATCH', `/${id}`, { name: 'Renamed' }, { 'if-match': '"4"' });
    expect([changed.status, changed.headers.get('etag')]).toEqual([200, '"5"']);
    expect(gateway.lastCall('identity', 'updateApiKey').request).toMatchObject({ updateScopes: false, version: 4n });
    const rotated = await call('POST', `/${id}/rotate`);
    expect((await rotated.json()).secret).toMatch(/^outlay_/);
    expect(gateway.lastCall('identity', 'rotateApiKey').request).toMatchObject({ overlapSeconds: 86_400 });
    expect((await call('POST', `/${id}/rotate`, { overlap_seconds: 604_801 })).status).toBe(422);
    expect(await (await call('DELETE', `/${id}`)).json()).toEqual({ id, revoked_at: '2025-01-15T10:30:00.000Z' });
  });

  it('need a fresh log-in to be made, changed or rotated', async () => {
    const token = gateway.token({ authTime: Math.floor(Date.now() / 1000) - 901 });
    const id = newId();
    for (const [method, path, json] of [
      ['POST', '', { name: 'Import', scopes: ['expenses:write'] }],
      ['PATCH', `/${id}`, { name: 'Renamed' }],
      ['POST', `/${id}/rotate`, {}],
    ] as const) {
      const answer = gateway.fetch(`/api/v1/api-keys${path}`, { method, json, token });
      expect(await outcome(answer)).toMatchObject({ status: 401, code: 'fresh_login_required' });
    }
    expect((await gateway.fetch(`/api/v1/api-keys/${id}`, { method: 'DELETE', token })).status).toBe(200);
  });
});
