import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { conflict, DomainError, newId } from '@outlay/platform';
import { rpcError } from '../support/rpc-error.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.stop());

const call = (method: string, path: string, json?: unknown, headers: Record<string, string> = {}) =>
  gateway.fetch(`/api/v1${path}`, { method, json, headers });

describe('Members', () => {
  it('are listed by role', async () => {
    const answer = await call('GET', '/members?role=analyst&limit=10');

    expect(answer.status).toBe(200);
    expect((await answer.json()).data).toEqual([
      expect.objectContaining({ email: 'mara@acme.example', role: 'member', joined_at: '2025-01-15T10:30:00.000Z' }),
    ]);
    expect(gateway.lastCall('identity', 'listMembers').request).toMatchObject({ role: 'analyst', page: { limit: 10 } });
    expect((await call('GET', '/members?role=king')).status).toBe(422);
  });

  it('are shown one by one, with a version for changes', async () => {
    const answer = await call('GET', `/members/${newId()}`);
    expect([answer.status, answer.headers.get('etag')]).toEqual([200, '"3"']);
    expect(await (await call('GET', '/members/nobody')).json()).toMatchObject({ code: 'member_not_found' });
  });

  it('get another role, for whoever has seen them last', async () => {
    const id = newId();

    const answer = await call('PATCH', `/members/${id}`, { role: 'analyst' }, { 'if-match': '"1"' });

    expect([answer.status, answer.headers.get('etag')]).toEqual([200, '"2"']);
    expect(await answer.json()).toMatchObject({ id, role: 'analyst', version: 2 });
    expect(gateway.lastCall('identity', 'changeMemberRole').request).toMatchObject({ userId: id, version: 1n });
    expect((await call('PATCH', `/members/${id}`, { role: 'owner' })).status).toBe(422);
  });

  it('are locked out at once when they are changed, removed, or leave', async () => {
    const sessionId = newId();
    const closing = () => ({ sessionIds: [sessionId], replayed: false });
    await using closed = await startGateway({ handlers: { identity: { removeMember: closing } } });
    const token = closed.token({ sessionId });
    expect((await closed.fetch('/api/v1/tenant', { token })).status).toBe(200);

    const answer = await closed.fetch(`/api/v1/members/${newId()}`, { method: 'DELETE' });

    expect([answer.status, await answer.json()]).toEqual([200, { closed_sessions: 1 }]);
    expect((await closed.fetch('/api/v1/tenant', { token })).status).toBe(401);
  });

  it('leave by themselves, unless they own the tenant', async () => {
    expect(await (await call('POST', '/members/leave')).json()).toEqual({ closed_sessions: 1 });
    await using owned = await startGateway({
      handlers: {
        identity: {
          leaveTenant: () => {
            throw rpcError(conflict('owner_cannot_leave', 'Make somebody else the owner first'));
          },
        },
      },
    });
    const answer = await owned.fetch('/api/v1/members/leave', { method: 'POST' });
    expect([answer.status, (await answer.json()).code]).toEqual([409, 'owner_cannot_leave']);
  });

  it('become the owner by the owner, freshly signed in', async () => {
    const heir = newId();
    const answer = await call('POST', '/tenant/owner', { user_id: heir });
    expect(await answer.json()).toMatchObject({ id: heir, role: 'owner' });

    const stale = gateway.token({ authTime: Math.floor(Date.now() / 1000) - 901 });
    const again = await gateway.fetch('/api/v1/tenant/owner', {
      method: 'POST',
      json: { user_id: heir },
      token: stale,
    });
    expect([again.status, (await again.json()).code]).toEqual([401, 'fresh_login_required']);
    const admin = gateway.token({ role: 'admin' });
    const usurped = await gateway.fetch('/api/v1/tenant/owner', {
      method: 'POST',
      json: { user_id: heir },
      token: admin,
    });
    expect([usurped.status, (await usurped.json()).code]).toEqual([403, 'role_required']);
  });
});

describe('Invitations', () => {
  it('are made, listed, sent again and taken back', async () => {
    const made = await call('POST', '/invitations', { email: 'ida@acme.example', role: 'analyst' });
    expect([made.status, (await made.json()).status]).toEqual([201, 'pending']);
    const listed = await call('GET', '/invitations');
    expect((await listed.json()).data).toHaveLength(2);
    expect(gateway.lastCall('identity', 'listInvitations').request).toMatchObject({ status: 'pending' });
    const id = newId();
    expect((await (await call('POST', `/invitations/${id}/resend`)).json()).id).toBe(id);
    expect((await (await call('DELETE', `/invitations/${id}`)).json()).status).toBe('revoked');
  });

  it('say what the plan allows, what is used, and what to do, where there is no room', async () => {
    const meta = { metric: 'users', limit: '1', used: '1', remedy: 'Change to a plan for more people.' };
    await using full = await startGateway({
      handlers: {
        identity: {
          inviteMember: () => {
            throw rpcError(new DomainError('forbidden', 'plan_limit_reached', 'The plan is for 1 person', { meta }));
          },
        },
      },
    });

    const answer = await full.fetch('/api/v1/invitations', {
      method: 'POST',
      json: { email: 'a@b.example', role: 'member' },
    });

    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({
      code: 'plan_limit_reached',
      metric: 'users',
      limit: 1,
      used: 1,
      remedy: 'Change to a plan for more people.',
    });
  });

  it('say which one is open where an address is invited twice', async () => {
    const id = newId();
    await using twice = await startGateway({
      handlers: {
        identity: {
          inviteMember: () => {
            throw rpcError(new DomainError('conflict', 'already_invited', 'Open', { meta: { invitation_id: id } }));
          },
        },
      },
    });
    const answer = await twice.fetch('/api/v1/invitations', {
      method: 'POST',
      json: { email: 'a@b.example', role: 'member' },
    });
    expect([answer.status, (await answer.json()).invitation_id]).toEqual([409, id]);
  });

  it('are looked up and accepted by anyone with the token, which stands in the body', async () => {
    const open = (path: string, json: unknown) =>
      gateway.fetch(`/api/v1/invitations/${path}`, { method: 'POST', json, token: false });

    const found = await open('lookup', { token: 'good' });
    expect(await found.json()).toMatchObject({ tenant: { name: gateway.tenant.name }, known_person: false });
    const unknown = await open('lookup', { token: 'unknown' });
    expect([unknown.status, (await unknown.json()).code]).toEqual([404, 'invitation_not_found']);
    const accepted = await open('accept', {
      token: 'good',
      password: 'Password123',
      first_name: 'Ida',
      last_name: 'Berg',
    });
    expect([accepted.status, (await accepted.json()).tenant.role]).toEqual([201, 'member']);
    const { request, metadata } = gateway.lastCall('identity', 'acceptInvitation');
    expect(request).toMatchObject({ firstName: 'Ida', code: '' });
    expect(metadata).toHaveProperty('x-client-address');
    for (const line of gateway.logLines) expect(JSON.stringify(line)).not.toContain('Password123');
  });
});
