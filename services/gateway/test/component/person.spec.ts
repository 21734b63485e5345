import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { conflict, DomainError, newId, rateLimited, unauthenticated } from '@outlay/platform';
import type { FakeHandlers } from '@outlay/testkit';
import { rpcError } from '../support/rpc-error.ts';
import { startGateway, type TestGateway, type TestResponse } from '../support/start-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.stop());

const send = (method: string, path: string, json?: unknown, headers: Record<string, string> = {}) =>
  gateway.fetch(`/api/v1${path}`, { method, json, headers });

/** What a request is answered where identity refuses it. */
async function refused(
  rpc: string,
  error: Error,
  request: { method: string; path: string; json?: unknown },
): Promise<{ answer: TestResponse; problem: Record<string, unknown> }> {
  const handlers: FakeHandlers = {
    [rpc]: () => {
      throw rpcError(error);
    },
  };
  await using other = await startGateway({ handlers: { identity: handlers } });
  const { path, ...init } = request;
  const answer = await other.fetch(`/api/v1${path}`, init);
  return { answer, problem: await answer.json() };
}

describe('The person behind the token', () => {
  it.each(['/auth/me', '/users/me'])('is shown at %s with a version to change', async (path) => {
    const answer = await send('GET', path);

    expect([answer.status, answer.headers.get('etag')]).toEqual([200, '"1"']);
    expect((await answer.json()).user).toMatchObject({ email_verified: true, totp_enabled: false, version: 1 });
  });

  it('is sent again to who has the version, as memberships have none', async () => {
    expect((await send('GET', '/users/me', undefined, { 'if-none-match': '"1"' })).status).toBe(200);
  });

  it('changes their name at the version they saw', async () => {
    const headers = { 'if-match': '"1"', 'idempotency-key': 'k-1' };
    const answer = await send('PATCH', '/users/me', { last_name: 'Lindqvist' }, headers);

    expect([answer.status, answer.headers.get('etag')]).toEqual([200, '"2"']);
    expect(await answer.json()).toMatchObject({ first_name: 'Mara', last_name: 'Lindqvist', version: 2 });
    const { request, metadata } = gateway.lastCall('identity', 'updateMe');
    expect(request).toEqual({ firstName: undefined, lastName: 'Lindqvist', version: 1n });
    expect(metadata['idempotency-key']).toBe('k-1');
  });

  it.each([[{ first_name: '' }], [{ last_name: ' ' }], [{ first_name: 'a\u0007' }], [{ email: 'x@y.example' }]])(
    'is not called %j',
    async (json) => {
      expect((await send('PATCH', '/users/me', json)).status).toBe(422);
    },
  );

  it('takes their data along as a file', async () => {
    const answer = await send('GET', '/users/me/export');

    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="outlay-personal-data.json"');
    expect(await answer.json()).toMatchObject({ profile: { email: 'mara@acme.example' }, truncated: [] });
  });

  it('is erased, and the sessions that identity names count no more', async () => {
    const sessionId = newId();
    const handlers = { identity: { eraseMe: () => ({ erasedAt: new Date(0), sessionIds: [sessionId] }) } };
    await using other = await startGateway({ handlers });
    const token = other.token({ sessionId });

    const answer = await other.fetch('/api/v1/users/me', { method: 'DELETE', json: { password: 'x' }, token });

    expect([answer.status, await answer.json()]).toEqual([200, { erased_at: '1970-01-01T00:00:00.000Z' }]);
    expect(other.lastCall('identity', 'eraseMe').request).toEqual({ password: 'x', code: '' });
    const after = await other.fetch('/api/v1/users/me', { token });
    expect([after.status, (await after.json()).code]).toEqual([401, 'session_revoked']);
  });

  it('is told what they own where that keeps them', async () => {
    const tenants = [{ id: newId(), name: 'Acme', subdomain: 'acme', role: 'owner' }];
    const error = new DomainError('conflict', 'owner_cannot_leave', 'Hand over first what you own', {
      meta: { tenants: JSON.stringify(tenants) },
    });

    const request = { method: 'DELETE', path: '/users/me', json: { password: 'x' } };
    const { answer, problem } = await refused('eraseMe', error, request);

    expect(answer.status).toBe(409);
    expect(problem).toMatchObject({ code: 'owner_cannot_leave', tenants });
  });
});

describe('What people prove themselves by', () => {
  const token = 'uQ7zq0v3cJ6M2bXo9k1fYtR8sW5nE4hLdPaGiVxKjUc';
  it.each([
    ['POST', '/auth/verify-email', { token }, 'verifyEmail', 200, { email: 'mara@acme.example' }],
    ['POST', '/users/me/email/verification', undefined, 'requestEmailVerification', 202, { status: 'accepted' }],
    ['POST', '/users/me/email', { email: 'a@b.example', password: 'x' }, 'changeEmail', 202, { status: 'accepted' }],
    [
      'PUT',
      '/users/me/password',
      { current_password: 'x', new_password: 'new password' },
      'changePassword',
      200,
      { closed_sessions: 2 },
    ],
    ['POST', '/auth/password-reset', { email: 'a@b.example' }, 'requestPasswordReset', 202, { status: 'accepted' }],
    [
      'POST',
      '/auth/password-reset/confirm',
      { token, new_password: 'new password' },
      'resetPassword',
      200,
      { closed_sessions: 1 },
    ],
    [
      'POST',
      '/users/me/totp',
      undefined,
      'enrollTotp',
      200,
      { secret: 'JBSWY3DPEHPK3PXP', otpauth_url: 'otpauth://totp/Outlay' },
    ],
    [
      'POST',
      '/users/me/totp/confirm',
      { code: '123456' },
      'confirmTotp',
      200,
      { recovery_codes: ['k3pd-7mza-q2xe-h5tn'] },
    ],
    [
      'POST',
      '/users/me/totp/recovery-codes',
      { code: '123456' },
      'renewRecoveryCodes',
      200,
      { recovery_codes: ['k3pd-7mza-q2xe-h5tn'] },
    ],
    ['POST', '/users/me/totp/disable', { code: '123456' }, 'disableTotp', 200, { totp_enabled: false }],
  ] as const)('%s %s reaches identity with its key', async (method, path, json, rpc, status, body) => {
    const key = newId();
    const answer = await send(method, path, json, { 'idempotency-key': key });

    expect([answer.status, await answer.json()]).toEqual([status, body]);
    expect(gateway.lastCall('identity', rpc).metadata['idempotency-key']).toBe(key);
  });

  it('are changed by the person alone, who has just proved who they are', async () => {
    const stale = gateway.token({ claims: { auth_time: Math.floor(Date.now() / 1000) - 901 } });
    const json = { current_password: 'x', new_password: 'new password' };
    const answer = await gateway.fetch('/api/v1/users/me/password', { method: 'PUT', json, token: stale });

    expect([answer.status, (await answer.json()).code]).toEqual([401, 'fresh_login_required']);
  });

  it('need no token where a mailed one proves more', async () => {
    const json = { token, new_password: 'new password' };
    const init = { method: 'POST', json, token: false } as const;

    expect((await gateway.fetch('/api/v1/auth/password-reset/confirm', init)).status).toBe(200);
  });

  it.each([
    ['one_time_token_invalid', 422, new DomainError('invalid', 'one_time_token_invalid', 'no')],
    ['email_taken', 409, conflict('email_taken', 'no')],
  ] as const)('are refused as %s', async (code, status, error) => {
    const { answer, problem } = await refused('verifyEmail', error, {
      method: 'POST',
      path: '/auth/verify-email',
      json: { token },
    });

    expect([answer.status, problem.code]).toEqual([status, code]);
  });

  it('are not mailed without end', async () => {
    const { answer, problem } = await refused('requestEmailVerification', rateLimited('too_many_mails', 'no', 61_000), {
      method: 'POST',
      path: '/users/me/email/verification',
    });

    expect([answer.status, answer.headers.get('retry-after'), problem.code]).toEqual([429, '61', 'too_many_mails']);
  });

  it('may have to be two at log-in, which is no matter of the token', async () => {
    const { answer, problem } = await refused('login', unauthenticated('second_factor_required', 'no'), {
      method: 'POST',
      path: '/auth/login',
      json: { email: 'a@b.example', password: 'x' },
    });

    expect([answer.status, problem.code]).toEqual([401, 'second_factor_required']);
    expect(answer.headers.get('www-authenticate')).not.toContain('invalid_token');
  });
});
