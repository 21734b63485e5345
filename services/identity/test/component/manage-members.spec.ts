import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { hashRequest } from '@outlay/platform';
import { peopleOf } from './driver/people.ts';
import { bearing, refusalOf, startIdentity, type TestIdentity } from './driver/start-identity.ts';

let identity: TestIdentity;
let people: ReturnType<typeof peopleOf>;
beforeAll(async () => {
  identity = await startIdentity();
  people = peopleOf(identity);
});
afterAll(() => identity.stop());

const wholeList = { page: { limit: 200, cursor: '' }, role: '' };
const isOpen = async (sessionId: string) => {
  const [row] = await identity.query<{ open: boolean }>(
    'select revoked_at is null as open from identity.sessions where id = $1',
    [sessionId],
  );
  return row?.open;
};
const revokedSessions = async () =>
  (await identity.client.listRevokedSessions(await identity.asService(), { since: undefined })).sessionIds;

describe('the list of members', () => {
  it('is by name, a page at a time, and does not shift when somebody joins', async () => {
    const owner = await people.owner({ firstName: 'Mara' });
    for (const firstName of ['Zoe', 'anna', 'Bo', 'Bo']) await people.member(owner.tenantId, 'member', { firstName });

    const first = await identity.client.listMembers(owner.context, { page: { limit: 3, cursor: '' }, role: '' });
    await people.member(owner.tenantId, 'member', { firstName: 'Aaron' });
    const rest = await identity.client.listMembers(owner.context, {
      page: { limit: 3, cursor: first.page!.nextCursor },
      role: '',
    });

    const names = [...first.members, ...rest.members].map(({ user }) => user!.firstName);
    expect(names).toEqual(['anna', 'Bo', 'Bo', 'Mara', 'Zoe']);
    expect(new Set([...first.members, ...rest.members].map(({ user }) => user!.id)).size).toBe(5);
    expect(rest.page).toMatchObject({ hasMore: false, nextCursor: '' });
  });

  it('goes on from the longest names that there are, whatever they are written in', async () => {
    const name = 'ﷺ'.repeat(100);
    const owner = await people.owner({ firstName: name, lastName: name });
    await people.member(owner.tenantId, 'member', { firstName: name, lastName: name });
    const list = (cursor: string) =>
      identity.client.listMembers(owner.context, { page: { limit: 1, cursor }, role: '' });

    const { members, page } = await list('');

    expect(members[0]!.user).toMatchObject({ firstName: name, lastName: name });
    expect((await list(page!.nextCursor)).page).toMatchObject({ hasMore: false });
  });

  it('can be of one role, and is of one tenant', async () => {
    const [owner, stranger] = [await people.owner(), await people.owner()];
    const analyst = await people.member(owner.tenantId, 'analyst');

    const { members } = await identity.client.listMembers(owner.context, { ...wholeList, role: 'analyst' });
    const theirs = await identity.client.listMembers(stranger.context, wholeList);

    expect(members).toEqual([{ user: analyst.user, role: 'analyst', joinedAt: expect.any(Date), version: 1n }]);
    expect(theirs.members.map(({ user }) => user!.id)).toEqual([stranger.user.id]);
  });

  it('refuses a cursor that no page gave, and members', async () => {
    const owner = await people.owner();
    const member = await people.member(owner.tenantId, 'member');

    const odd = identity.client.listMembers(owner.context, { page: { limit: 0, cursor: 'bm9wZQ' }, role: '' });
    expect(await refusalOf(odd)).toMatchObject({ kind: 'invalid' });
    expect(await refusalOf(identity.client.listMembers(member.context, wholeList))).toMatchObject({
      code: 'role_required',
    });
  });

  it('shows one by id, and nobody of another tenant', async () => {
    const [owner, stranger] = [await people.owner(), await people.owner()];

    const { member } = await identity.client.getMember(owner.context, { userId: owner.user.id });
    const foreign = identity.client.getMember(owner.context, { userId: stranger.user.id });

    expect(member).toMatchObject({ user: owner.user, role: 'owner' });
    expect(await refusalOf(foreign)).toMatchObject({ kind: 'not_found', code: 'member_not_found' });
  });
});

describe('giving a member another role', () => {
  it('closes their sessions in this tenant alone, and is told and written down', async () => {
    const [owner, other] = [await people.owner(), await people.owner()];
    const member = await people.member(owner.tenantId, 'member');
    const elsewhere = await people.member(other.tenantId, 'member', { email: member.email });

    const { member: changed, sessionIds } = await identity.client.changeMemberRole(owner.context, {
      userId: member.user.id,
      role: 'analyst',
      version: 1n,
    });

    expect(changed).toMatchObject({ role: 'analyst', version: 2n });
    expect(sessionIds).toEqual([member.session.sessionId]);
    expect(await isOpen(member.session.sessionId)).toBe(false);
    expect(await isOpen(elsewhere.session.sessionId)).toBe(true);
    expect(await revokedSessions()).toContain(member.session.sessionId);
    const again = await people.signIn(member.email, owner.tenantId);
    expect(again.membership.role).toBe('analyst');
    expect(await people.eventsOf(owner.tenantId, 'member.role_changed')).toMatchObject([
      { subject: member.user.id, aggregateversion: 2, data: { role: 'analyst', previousRole: 'member' } },
    ]);
    expect(await people.securityLogOf(owner.tenantId)).toContainEqual({
      kind: 'member.role_changed',
      actor_kind: 'user',
      actor_id: owner.user.id,
      user_id: member.user.id,
      details: { role: 'analyst', previous_role: 'member' },
    });
    expect(await people.auditOf(owner.tenantId, 'member.role_changed')).toEqual([
      { actor_id: owner.user.id, entity_id: member.user.id, before: { role: 'member' }, after: { role: 'analyst' } },
    ]);
  });

  it('changes nothing where they have it already', async () => {
    const owner = await people.owner();
    const member = await people.member(owner.tenantId, 'member');

    const answer = await identity.client.changeMemberRole(owner.context, {
      userId: member.user.id,
      role: 'member',
      version: undefined,
    });

    expect(answer).toMatchObject({ member: { version: 1n }, sessionIds: [] });
    expect(await isOpen(member.session.sessionId)).toBe(true);
    expect(await people.eventsOf(owner.tenantId, 'member.role_changed')).toEqual([]);
  });

  it('has rules: admins make admins, nobody gives or takes ownership, nobody changes their own', async () => {
    const [owner, stranger] = [await people.owner(), await people.owner()];
    const [admin, member] = [
      await people.member(owner.tenantId, 'admin'),
      await people.member(owner.tenantId, 'member'),
    ];
    const change = (who: { context: typeof owner.context }, userId: string, role: string, version?: bigint) =>
      identity.client.changeMemberRole(who.context, { userId, role, version });

    expect(await refusalOf(change(admin, member.user.id, 'owner'))).toMatchObject({ kind: 'invalid' });
    expect(await refusalOf(change(admin, owner.user.id, 'member'))).toMatchObject({ code: 'owner_protected' });
    expect(await refusalOf(change(owner, owner.user.id, 'member'))).toMatchObject({ code: 'owner_protected' });
    expect(await refusalOf(change(admin, admin.user.id, 'member'))).toMatchObject({ code: 'own_membership' });
    expect(await refusalOf(change(member, admin.user.id, 'member'))).toMatchObject({ code: 'role_required' });
    expect(await refusalOf(change(admin, stranger.user.id, 'member'))).toMatchObject({ code: 'member_not_found' });
    expect(await refusalOf(change(admin, member.user.id, 'analyst', 7n))).toMatchObject({
      kind: 'precondition_failed',
      code: 'version_mismatch',
    });
    expect((await change(admin, member.user.id, 'admin')).member!.role).toBe('admin');
  });

  it('has one effect per idempotency key', async () => {
    const owner = await people.owner();
    const member = await people.member(owner.tenantId, 'member');
    const keyed = { ...owner.context, idempotencyKey: randomUUID() };
    const request = { userId: member.user.id, role: 'analyst', version: 1n };

    const answers = await Promise.all([1, 2, 3].map(() => identity.client.changeMemberRole(keyed, request)));

    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
    for (const answer of answers) expect({ ...answer, replayed: false }).toEqual({ ...answers[0], replayed: false });
    expect(await people.eventsOf(owner.tenantId, 'member.role_changed')).toHaveLength(1);
  });
});

describe('removing a member', () => {
  it('closes their sessions in it and leaves them in other tenants', async () => {
    const [owner, other] = [await people.owner(), await people.owner()];
    const member = await people.member(owner.tenantId, 'member');
    await people.member(other.tenantId, 'member', { email: member.email });

    const { sessionIds } = await identity.client.removeMember(owner.context, {
      userId: member.user.id,
      version: undefined,
    });

    expect(sessionIds).toEqual([member.session.sessionId]);
    expect(await refusalOf(identity.refresh(member.session.refreshToken))).toMatchObject({
      code: 'refresh_token_invalid',
    });
    expect(await refusalOf(identity.logIn(member.email, { tenantId: owner.tenantId }))).toMatchObject({
      code: 'invalid_credentials',
    });
    await expect(identity.logIn(member.email, { tenantId: other.tenantId })).resolves.toBeDefined();
    expect(await people.eventsOf(owner.tenantId, 'member.removed')).toMatchObject([
      { subject: member.user.id, aggregateversion: 2, data: { userId: member.user.id, reason: 'removed' } },
    ]);
    expect(await people.eventsOf(other.tenantId, 'member.removed')).toEqual([]);
  });

  it('is followed by versions that go on, should they join again', async () => {
    const owner = await people.owner();
    const member = await people.member(owner.tenantId, 'member');
    await identity.client.removeMember(owner.context, { userId: member.user.id, version: undefined });

    await people.member(owner.tenantId, 'analyst', { email: member.email });

    const joined = await people.eventsOf(owner.tenantId, 'member.joined');
    expect(joined.at(-1)).toMatchObject({ subject: member.user.id, aggregateversion: 3 });
  });

  it('never removes the owner, oneself, or somebody of another tenant', async () => {
    const [owner, stranger] = [await people.owner(), await people.owner()];
    const admin = await people.member(owner.tenantId, 'admin');
    const remove = (userId: string) => identity.client.removeMember(admin.context, { userId, version: undefined });

    expect(await refusalOf(remove(owner.user.id))).toMatchObject({ kind: 'conflict', code: 'owner_protected' });
    expect(await refusalOf(remove(admin.user.id))).toMatchObject({ code: 'own_membership' });
    expect(await refusalOf(remove(stranger.user.id))).toMatchObject({ code: 'member_not_found' });
  });

  it('is not for whoever has lost their role since their token was issued, and no more is giving roles', async () => {
    const owner = await people.owner();
    const admin = await people.member(owner.tenantId, 'admin');
    const named = { userId: (await people.member(owner.tenantId, 'member')).user.id, version: undefined };
    await identity.query(`update identity.memberships set role = 'member' where user_id = $1`, [admin.user.id]);

    const refusals = [
      identity.client.removeMember(admin.context, named),
      identity.client.changeMemberRole(admin.context, { ...named, role: 'admin' }),
    ].map(refusalOf);

    for (const refusal of await Promise.all(refusals)) {
      expect(refusal).toMatchObject({ kind: 'forbidden', code: 'role_required' });
    }
  });

  it('leaves one of two admins who remove each other at once', async () => {
    const owner = await people.owner();
    const [one, two] = [await people.member(owner.tenantId, 'admin'), await people.member(owner.tenantId, 'admin')];

    const outcomes = await Promise.allSettled([
      identity.client.removeMember(one.context, { userId: two.user.id, version: undefined }),
      identity.client.removeMember(two.context, { userId: one.user.id, version: undefined }),
    ]);

    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const { members } = await identity.client.listMembers(owner.context, { ...wholeList, role: 'admin' });
    expect(members).toHaveLength(1);
  });

  it('leaves no session behind that was opened at the same moment', async () => {
    const owner = await people.owner();
    const member = await people.member(owner.tenantId, 'member');

    const [, ...logIns] = await Promise.allSettled([
      identity.client.removeMember(owner.context, { userId: member.user.id, version: undefined }),
      ...Array.from({ length: 8 }, () => identity.logIn(member.email, { tenantId: owner.tenantId })),
    ]);

    const open = await identity.query(
      'select id from identity.sessions where user_id = $1 and acting_tenant_id = $2 and revoked_at is null',
      [member.user.id, owner.tenantId],
    );
    expect(open).toEqual([]);
    expect(logIns).toHaveLength(8);
  });
});

describe('leaving a tenant', () => {
  it('takes the caller out and closes their sessions', async () => {
    const owner = await people.owner();
    const member = await people.member(owner.tenantId, 'member');

    const { sessionIds } = await identity.client.leaveTenant(member.context, {});

    expect(sessionIds).toEqual([member.session.sessionId]);
    expect(await people.eventsOf(owner.tenantId, 'member.removed')).toMatchObject([{ data: { reason: 'left' } }]);
    const gone = identity.client.getMember(owner.context, { userId: member.user.id });
    expect(await refusalOf(gone)).toMatchObject({ code: 'member_not_found' });
  });

  it('is not for the owner', async () => {
    const owner = await people.owner();

    expect(await refusalOf(identity.client.leaveTenant(owner.context, {}))).toMatchObject({
      kind: 'conflict',
      code: 'owner_cannot_leave',
    });
  });
});

describe('handing a tenant over', () => {
  it('makes a member the owner and the owner an admin, and closes the sessions of both', async () => {
    const owner = await people.owner();
    const heir = await people.member(owner.tenantId, 'analyst');

    const answer = await identity.client.transferOwnership(owner.context, { userId: heir.user.id, version: undefined });

    expect(answer.owner).toMatchObject({ role: 'owner', version: 2n, user: { id: heir.user.id } });
    expect(answer.sessionIds.toSorted()).toEqual([owner.session.sessionId, heir.session.sessionId].toSorted());
    expect((await people.signIn(owner.email, owner.tenantId)).membership.role).toBe('admin');
    expect((await people.signIn(heir.email, owner.tenantId)).membership.role).toBe('owner');
    expect((await people.eventsOf(owner.tenantId, 'member.role_changed')).map(({ data }) => data.role)).toEqual([
      'admin',
      'owner',
    ]);
    const kinds = (await people.securityLogOf(owner.tenantId)).map(({ kind }) => kind);
    expect(kinds).toContain('owner.transferred');
  });

  it('is for the owner alone, with a fresh log-in, and to a member', async () => {
    const [owner, stranger] = [await people.owner(), await people.owner()];
    const admin = await people.member(owner.tenantId, 'admin');
    const transfer = (who: { context: typeof owner.context }, userId: string) =>
      identity.client.transferOwnership(who.context, { userId, version: undefined });

    expect(await refusalOf(transfer(admin, admin.user.id))).toMatchObject({ code: 'role_required' });
    expect(await refusalOf(transfer(owner, stranger.user.id))).toMatchObject({ code: 'member_not_found' });
    expect(await refusalOf(transfer(owner, owner.user.id))).toMatchObject({ code: 'own_membership' });
    await identity.query(
      `update identity.sessions set authenticated_at = now() - interval '16 minutes' where id = $1`,
      [owner.session.sessionId],
    );
    const { session } = await identity.refresh(owner.session.refreshToken);
    const stale = transfer({ context: bearing(session!.accessToken) }, admin.user.id);
    expect(await refusalOf(stale)).toMatchObject({ code: 'fresh_login_required' });
  });

  it('has one winner of several at once', async () => {
    const owner = await people.owner();
    const heirs = await Promise.all([1, 2, 3, 4].map(() => people.member(owner.tenantId, 'member')));

    const outcomes = await Promise.allSettled(
      heirs.map((heir) =>
        identity.client.transferOwnership(owner.context, { userId: heir.user.id, version: undefined }),
      ),
    );

    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'role_required' });
    }
    const owners = await identity.query(
      `select user_id from identity.memberships where tenant_id = $1 and role = 'owner'`,
      [owner.tenantId],
    );
    expect(owners).toHaveLength(1);
  });

  it('goes to the member that the owner has seen, and to no other version', async () => {
    const owner = await people.owner();
    const heir = await people.member(owner.tenantId, 'member');
    const transfer = (version: bigint) =>
      identity.client.transferOwnership(owner.context, { userId: heir.user.id, version });

    expect(await refusalOf(transfer(2n))).toMatchObject({ kind: 'precondition_failed', code: 'version_mismatch' });
    expect((await transfer(1n)).owner).toMatchObject({ role: 'owner', version: 2n });
  });
});

describe('a key of a changed request', () => {
  it('is refused where it was another operation that it was sent with, though all else is the same', async () => {
    const owner = await people.owner();
    const member = await people.member(owner.tenantId, 'member');
    const change = (operation: string) =>
      identity.client.changeMemberRole(
        { ...owner.context, idempotencyKey: 'one-key', requestDigest: hashRequest(operation).toString('hex') },
        { userId: member.user.id, role: 'analyst', version: undefined },
      );

    const first = await change('changeMemberRole');
    expect(await change('changeMemberRole')).toEqual({ ...first, replayed: true });
    expect(await refusalOf(change('replaceMember'))).toMatchObject({ kind: 'invalid', code: 'idempotency_key_reused' });
  });
});
