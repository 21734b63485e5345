import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { identity as contract } from '@outlay/contracts';
import { anonymousContext } from '@outlay/platform';
import { withAuthenticator } from './driver/authenticator.ts';
import { newEmail, peopleOf } from './driver/people.ts';
import { password, refusalOf, startIdentity, type TestIdentity } from './driver/start-identity.ts';

let identity: TestIdentity;
let people: ReturnType<typeof peopleOf>;
let now = () => new Date();
beforeAll(async () => {
  identity = await startIdentity({ overrides: { clock: () => now() } });
  people = peopleOf(identity);
});
afterAll(() => identity.stop());
afterEach(() => {
  now = () => new Date();
});

type Owner = Awaited<ReturnType<typeof people.owner>>;

const dayMs = 24 * 3_600_000;
/** Runs work on another day. */
async function later<T>(ms: number, work: () => Promise<T>): Promise<T> {
  now = () => new Date(Date.now() + ms);
  try {
    return await work();
  } finally {
    now = () => new Date();
  }
}

const age = (invitationId: string, days: number) =>
  identity.query(
    `update identity.invitations
     set invited_at = invited_at - $2 * interval '1 day', expires_at = expires_at - $2 * interval '1 day' where id = $1`,
    [invitationId, days],
  );
const allowUsers = (tenantId: string, users: number) =>
  identity.query('update identity.tenants set entitlements = $2 where tenant_id = $1', [
    tenantId,
    JSON.stringify([{ metric: 'users', limit: String(users), mode: 'hard' }]),
  ]);
const invite = (by: Pick<Owner, 'context'>, email: string, role = 'member') =>
  identity.client.inviteMember(by.context, { email, role });
const sent = (tenantId: string) => people.eventsOf(tenantId, 'invitation.sent');
/** The token in the mail that left last. */
const mailedToken = async (tenantId: string) => {
  const { data, subject } = (await sent(tenantId)).at(-1)!;
  return people.openMailToken(data.sealedToken, subject);
};
const accept = (token: string, given: Partial<contract.AcceptInvitationRequest> = {}, idempotencyKey?: string) =>
  identity.client.acceptInvitation(
    {
      ...anonymousContext(),
      ...(idempotencyKey && { idempotencyKey }),
      client: { address: '192.0.2.7', userAgent: 'test' },
    },
    { token, password, firstName: '', lastName: '', code: '', ...given },
  );
const asNewcomer = { firstName: 'Nora', lastName: 'Neu' };
const lookUp = (token: string) => identity.client.getInvitation(anonymousContext(), { token });
const all = { page: { limit: 50, cursor: '' }, status: 'all' };

describe('inviting somebody', () => {
  it('tells the sender of mails a token that only they can open, and nobody else', async () => {
    const owner = await people.owner();
    const email = newEmail();

    const { invitation } = await invite(owner, email, 'analyst');

    expect(invitation).toMatchObject({ email, role: 'analyst', status: 'pending', invitedBy: owner.user.id });
    expect(invitation!.expiresAt!.getTime() - invitation!.invitedAt!.getTime()).toBe(7 * dayMs);
    const [event] = await sent(owner.tenantId);
    expect(event).toMatchObject({
      subject: invitation!.id,
      data: { email, role: 'analyst', inviterName: 'Mara Lind', occasion: 1, subdomain: owner.membership.subdomain },
    });
    const token = people.openMailToken(event!.data.sealedToken, invitation!.id);
    expect(token).toMatch(/^[\w-]{43}$/);
    const everything = await identity.query('select to_jsonb(i) as row from identity.invitations as i where id = $1', [
      invitation!.id,
    ]);
    expect(JSON.stringify(everything)).not.toContain(token);
  });

  it('is refused for a member, and for an address that is invited', async () => {
    const owner = await people.owner();
    const member = await people.member(owner.tenantId, 'member');
    const email = newEmail();
    const { invitation } = await invite(owner, email);

    expect(await refusalOf(invite(owner, member.email.toUpperCase()))).toMatchObject({ code: 'already_member' });
    const twice = await invite(owner, email.toUpperCase()).catch((error) => error);
    expect(twice).toMatchObject({
      kind: 'conflict',
      code: 'already_invited',
      meta: { invitation_id: invitation!.id },
    });
  });

  it('makes one invitation of an address, whatever is tried at once', async () => {
    const owner = await people.owner();
    const email = newEmail();

    const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => invite(owner, email)));

    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await sent(owner.tenantId)).toHaveLength(1);
  });

  it('makes a new one once the one before has lapsed', async () => {
    const owner = await people.owner();
    const email = newEmail();
    const { invitation: first } = await invite(owner, email);
    await age(first!.id, 8);

    const { invitation: second } = await invite(owner, email);

    expect(second!.id).not.toBe(first!.id);
    const { invitations } = await identity.client.listInvitations(owner.context, all);
    expect(invitations.map(({ id, status }) => [id, status])).toEqual([
      [second!.id, 'pending'],
      [first!.id, 'expired'],
    ]);
    const old = identity.client.resendInvitation(owner.context, { invitationId: first!.id });
    expect(await refusalOf(old)).toMatchObject({ code: 'invitation_closed' });
  });

  it('has one effect per idempotency key', async () => {
    const owner = await people.owner();
    const keyed = { ...owner.context, idempotencyKey: randomUUID() };
    const request = { email: newEmail(), role: 'member' };

    const answers = await Promise.all([1, 2, 3].map(() => identity.client.inviteMember(keyed, request)));

    expect(answers.filter(({ replayed }) => replayed)).toHaveLength(2);
    expect(new Set(answers.map(({ invitation }) => invitation!.id)).size).toBe(1);
    expect(await sent(owner.tenantId)).toHaveLength(1);
  });

  it('may be done a hundred times an hour', async () => {
    const owner = await people.owner();
    await identity.query(
      `insert into identity.security_events (tenant_id, id, recorded_at, kind, actor_kind, actor_id)
       select $1, gen_random_uuid(), now() - interval '50 minutes', 'member.invited', 'user', 'x'
       from generate_series(1, 99)`,
      [owner.tenantId],
    );
    const { invitation } = await invite(owner, newEmail());

    const error = await invite(owner, newEmail()).catch((reason) => reason);
    expect(error).toMatchObject({ kind: 'rate_limited', code: 'too_many_invitations' });
    expect(Number(error.meta.retry_after_ms)).toBeLessThanOrEqual(600_000);
    const again = identity.client.resendInvitation(owner.context, { invitationId: invitation!.id });
    expect(await refusalOf(again)).toMatchObject({ code: 'too_many_invitations' });
    await expect(invite(await people.owner(), newEmail())).resolves.toBeDefined();
  });

  it('is for owners and admins', async () => {
    const owner = await people.owner();
    const [admin, analyst] = [
      await people.member(owner.tenantId, 'admin'),
      await people.member(owner.tenantId, 'analyst'),
    ];

    await expect(invite(admin, newEmail(), 'admin')).resolves.toBeDefined();
    expect(await refusalOf(invite(analyst, newEmail()))).toMatchObject({ code: 'role_required' });
    expect(await refusalOf(invite(admin, newEmail(), 'owner'))).toMatchObject({ kind: 'invalid' });
  });

  it('is not for whoever has lost their role since their token was issued, nor is what becomes of it', async () => {
    const owner = await people.owner();
    const admin = await people.member(owner.tenantId, 'admin');
    const { invitation } = await invite(admin, newEmail());
    const named = { invitationId: invitation!.id };
    await identity.query(`update identity.memberships set role = 'member' where user_id = $1`, [admin.user.id]);

    const refusals = [
      invite(admin, newEmail()),
      identity.client.resendInvitation(admin.context, named),
      identity.client.revokeInvitation(admin.context, named),
    ].map(refusalOf);

    for (const refusal of await Promise.all(refusals)) {
      expect(refusal).toMatchObject({ kind: 'forbidden', code: 'role_required' });
    }
  });
});

describe('an invitation', () => {
  it('is mailed again with another token, and the one before is good no more', async () => {
    const owner = await people.owner();
    const { invitation } = await invite(owner, newEmail());
    await age(invitation!.id, 3);
    const first = await mailedToken(owner.tenantId);

    const renewed = await identity.client.resendInvitation(owner.context, { invitationId: invitation!.id });

    expect(renewed.invitation).toMatchObject({ id: invitation!.id, version: 2n });
    expect(renewed.invitation!.expiresAt!.getTime()).toBeGreaterThan(Date.now() + 6.9 * dayMs);
    expect((await sent(owner.tenantId)).at(-1)).toMatchObject({ aggregateversion: 2, data: { occasion: 2 } });
    expect(await refusalOf(lookUp(first))).toMatchObject({ code: 'invitation_not_found' });
    expect(await refusalOf(accept(first, asNewcomer))).toMatchObject({ code: 'invitation_not_found' });
    await expect(lookUp(await mailedToken(owner.tenantId))).resolves.toMatchObject({ knownPerson: false });
  });

  it('is taken back, which can be repeated', async () => {
    const owner = await people.owner();
    const { invitation } = await invite(owner, newEmail());
    const token = await mailedToken(owner.tenantId);
    const revoke = () => identity.client.revokeInvitation(owner.context, { invitationId: invitation!.id });

    expect((await revoke()).invitation).toMatchObject({ status: 'revoked', version: 2n });
    expect((await revoke()).invitation).toMatchObject({ status: 'revoked', version: 2n });

    expect(await refusalOf(accept(token, asNewcomer))).toMatchObject({ code: 'invitation_not_found' });
    const again = identity.client.resendInvitation(owner.context, { invitationId: invitation!.id });
    expect(await refusalOf(again)).toMatchObject({ code: 'invitation_closed' });
  });

  it('is seen by its tenant alone', async () => {
    const [owner, stranger] = [await people.owner(), await people.owner()];
    const { invitation } = await invite(owner, newEmail());
    const request = { invitationId: invitation!.id };

    for (const attempt of [
      identity.client.resendInvitation(stranger.context, request),
      identity.client.revokeInvitation(stranger.context, request),
    ]) {
      expect(await refusalOf(attempt)).toMatchObject({ kind: 'not_found', code: 'invitation_not_found' });
    }
    expect((await identity.client.listInvitations(stranger.context, all)).invitations).toEqual([]);
    expect((await identity.client.listInvitations(owner.context, all)).invitations).toEqual([invitation]);
  });

  it('is listed by its status, newest first, a page at a time', async () => {
    const owner = await people.owner();
    const revoked = (await invite(owner, newEmail())).invitation!;
    const pending = [(await invite(owner, newEmail())).invitation!, (await invite(owner, newEmail())).invitation!];
    await identity.client.revokeInvitation(owner.context, { invitationId: revoked.id });
    const list = (status: string, cursor = '') =>
      identity.client.listInvitations(owner.context, { page: { limit: 1, cursor }, status });

    const first = await list('pending');
    const second = await list('pending', first.page!.nextCursor);

    expect([...first.invitations, ...second.invitations].map(({ id }) => id)).toEqual(
      pending.map(({ id }) => id).toReversed(),
    );
    expect(second.page!.hasMore).toBe(false);
    expect((await list('revoked')).invitations.map(({ id }) => id)).toEqual([revoked.id]);
  });
});

describe('accepting an invitation', () => {
  it('makes somebody new, whose address counts as verified', async () => {
    const owner = await people.owner();
    const email = newEmail();
    const { invitation } = await invite(owner, email, 'analyst');
    const token = await mailedToken(owner.tenantId);
    expect(await lookUp(token)).toMatchObject({
      invitation: { email, role: 'analyst' },
      tenantId: owner.tenantId,
      tenantName: owner.membership.tenantName,
      knownPerson: false,
    });

    const { user, membership } = await accept(token, { ...asNewcomer, password: 'a new password' });

    expect(user).toMatchObject({ email, firstName: 'Nora', emailVerified: true });
    expect(membership).toMatchObject({ tenantId: owner.tenantId, role: 'analyst' });
    await expect(identity.logIn(email, { password: 'a new password' })).resolves.toMatchObject({ membership });
    expect((await people.eventsOf(owner.tenantId, 'member.joined')).at(-1)).toMatchObject({
      subject: user!.id,
      data: { role: 'analyst', firstName: 'Nora' },
    });
    expect(await people.securityLogOf(owner.tenantId)).toContainEqual({
      kind: 'member.joined',
      actor_kind: 'user',
      actor_id: user!.id,
      user_id: user!.id,
      details: { role: 'analyst', invitation_id: invitation!.id },
    });
    const { invitations } = await identity.client.listInvitations(owner.context, { ...all, status: 'accepted' });
    expect(invitations).toMatchObject([{ id: invitation!.id, acceptedAt: expect.any(Date) }]);
    expect(await refusalOf(accept(token, asNewcomer))).toMatchObject({ code: 'invitation_not_found' });
  });

  it('asks somebody new for their name and a good password', async () => {
    const owner = await people.owner();
    await invite(owner, newEmail());

    const error = await accept(await mailedToken(owner.tenantId), { password: 'short' }).catch((reason) => reason);

    expect(error.kind).toBe('invalid');
    expect(error.details.map(({ field, code }: { field: string; code: string }) => [field, code])).toEqual([
      ['first_name', 'required'],
      ['last_name', 'required'],
      ['password', 'password_too_short'],
    ]);
  });

  it('lets a known person in by their password, and leaves their name', async () => {
    const [owner, other] = [await people.owner(), await people.owner()];
    await invite(owner, other.email.toUpperCase());
    const token = await mailedToken(owner.tenantId);
    expect(await lookUp(token)).toMatchObject({ knownPerson: true });

    const wrong = accept(token, { ...asNewcomer, password: 'somebody else’s' });
    expect(await refusalOf(wrong)).toMatchObject({ kind: 'unauthenticated', code: 'invalid_credentials' });
    const { user } = await accept(token);

    expect(user).toMatchObject({ id: other.user.id, firstName: 'Mara', emailVerified: true });
    await expect(identity.logIn(other.email, { tenantId: owner.tenantId })).resolves.toBeDefined();
  });

  it('asks a known person for their second factor, and uses a code up with the invitation or not at all', async () => {
    // In the middle of a step, and before anybody signs in: no code grows old, and no token comes from the future.
    const at = Math.floor(Date.now() / 30_000) * 30_000 + 15_000;
    now = () => new Date(at);
    const [owner, other] = [await people.owner(), await people.owner()];
    const { code } = await withAuthenticator(identity, other, () => at);
    await invite(owner, other.email);
    const token = await mailedToken(owner.tenantId);
    const key = randomUUID();

    expect(await refusalOf(accept(token))).toMatchObject({ code: 'second_factor_required' });
    expect(await refusalOf(accept(token, { code: code(-1) }))).toMatchObject({ code: 'invalid_credentials' });
    await allowUsers(owner.tenantId, 1);
    expect(await refusalOf(accept(token, { code: code() }))).toMatchObject({ code: 'plan_limit_reached' });
    await allowUsers(owner.tenantId, 2);
    const first = await accept(token, { code: code() }, key);
    const second = await accept(token, { code: code() }, key);

    expect(second).toEqual({ ...first, replayed: true });
    expect(first.membership).toMatchObject({ tenantId: owner.tenantId });
  });

  it('refuses somebody new a password that says no more than who they are', async () => {
    const owner = await people.owner();
    await invite(owner, newEmail());
    const token = await mailedToken(owner.tenantId);

    const error = await accept(token, { ...asNewcomer, password: 'nora neu' }).catch((reason) => reason);

    expect(error.details).toMatchObject([{ field: 'password', code: 'password_personal' }]);
  });

  it('throttles guesses at a known person like log-ins', async () => {
    const [owner, other] = [await people.owner(), await people.owner()];
    await invite(owner, other.email);
    const token = await mailedToken(owner.tenantId);
    for (let guess = 0; guess < 10; guess += 1) await accept(token, { password: 'a guess' }).catch(() => undefined);

    expect(await refusalOf(accept(token))).toMatchObject({ kind: 'rate_limited', code: 'too_many_attempts' });
  });

  it('is refused beyond its term, and for a token that nobody was sent', async () => {
    const owner = await people.owner();
    await invite(owner, newEmail());
    const token = await mailedToken(owner.tenantId);

    const late = await later(7 * dayMs + 1_000, () => refusalOf(accept(token, asNewcomer)));
    expect(late).toMatchObject({ kind: 'not_found', code: 'invitation_not_found' });
    for (const bad of ['', 'nonsense', `${token.slice(0, -4)}AAAA`]) {
      expect(await refusalOf(accept(bad, asNewcomer))).toMatchObject({ code: 'invitation_not_found' });
      expect(await refusalOf(lookUp(bad))).toMatchObject({ code: 'invitation_not_found' });
    }
  });

  it.each(['revoked', 'sent again'])('is refused where the invitation is %s at the same moment', async (fate) => {
    const owner = await people.owner();
    const { invitation } = await invite(owner, newEmail());
    const token = await mailedToken(owner.tenantId);
    // Whoever accepts has found the invitation open by then, and waits for the tenant.
    const change = fate === 'revoked' ? `status = 'revoked'` : `token_hash = sha256('another token')`;
    const release = await identity.hold('select from identity.tenants where tenant_id = $1 for update', [
      owner.tenantId,
    ]);

    const attempt = refusalOf(accept(token, asNewcomer));
    await identity.untilWaiting();
    await release(`update identity.invitations set ${change} where id = $1`, [invitation!.id]);

    expect(await attempt).toMatchObject({ code: 'invitation_not_found' });
    expect(await people.eventsOf(owner.tenantId, 'member.joined')).toHaveLength(1);
  });

  it('is refused to a known person whose password is another one by the time they would join', async () => {
    const [owner, other] = [await people.owner(), await people.owner()];
    await invite(owner, other.email);
    const token = await mailedToken(owner.tenantId);
    const release = await identity.hold('select from identity.tenants where tenant_id = $1 for update', [
      owner.tenantId,
    ]);

    const attempt = refusalOf(accept(token));
    await identity.untilWaiting();
    await release(`update identity.users set password_hash = 'another' where id = $1`, [other.user.id]);

    expect(await attempt).toMatchObject({ kind: 'unauthenticated', code: 'invalid_credentials' });
    expect(await people.eventsOf(owner.tenantId, 'member.joined')).toHaveLength(1);
  });

  it('is refused for whoever belongs to the tenant by now', async () => {
    const [owner, other] = [await people.owner(), await people.owner()];
    await invite(owner, other.email);
    const token = await mailedToken(owner.tenantId);
    await people.member(owner.tenantId, 'member', { email: other.email });

    expect(await refusalOf(accept(token))).toMatchObject({ kind: 'conflict', code: 'already_member' });
  });

  it('makes one person and one member of any number who show one token at once', async () => {
    const owner = await people.owner();
    const email = newEmail();
    await invite(owner, email);
    const token = await mailedToken(owner.tenantId);

    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => accept(token, asNewcomer)));

    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const joined = await people.eventsOf(owner.tenantId, 'member.joined');
    expect(joined.filter(({ data }) => data.email === email)).toHaveLength(1);
  });

  it('gives the first answer again to the same key, and keeps no password that could be read', async () => {
    const owner = await people.owner();
    await invite(owner, newEmail());
    const token = await mailedToken(owner.tenantId);
    const key = randomUUID();
    const given = { ...asNewcomer, password: 'a very special password' };

    const first = await accept(token, given, key);
    const second = await accept(token, given, key);

    expect(second).toEqual({ ...first, replayed: true });
    const changed = accept(token, { ...given, firstName: 'Nina' }, key);
    expect(await refusalOf(changed)).toMatchObject({ code: 'idempotency_key_reused' });
    const [stored] = await identity.query(
      "select encode(sealed_answer, 'escape') as answer from identity.idempotent_answers where key = $1",
      [key],
    );
    expect(JSON.stringify(stored)).not.toMatch(/special|Nora/);
  });
});
