import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { anonymousContext, type CallerContext, newId } from '@outlay/platform';
import { from, keyed, laptop, phone, sessionsOf } from './driver/sessions.ts';
import { bearing, refusalOf, startIdentity, type TestIdentity } from './driver/start-identity.ts';

let identity: TestIdentity;
/** How far the service's clock is ahead. */
let aheadMs = 0;
beforeAll(async () => {
  identity = await startIdentity({ overrides: { clock: () => new Date(Date.now() + aheadMs) } });
});
afterAll(() => identity.stop());
afterEach(() => {
  aheadMs = 0;
});

const { logIn, signedIn, eventsOf, memberOf } = sessionsOf(() => identity);

describe('a refresh', () => {
  const refresh = (refreshToken: string, context = anonymousContext()) =>
    identity.client.refreshSession(context, { refreshToken, tenantId: '' });

  it('notes where it came from', async () => {
    const { session } = await signedIn(laptop);

    await refresh(session.refreshToken, from(phone));

    const [row] = await identity.query('select client_address, user_agent from identity.sessions where id = $1', [
      session.sessionId,
    ]);
    expect(row).toEqual({ client_address: '2001:db8::9', user_agent: 'Phone/2.0' });
  });

  it('with a key gives the first answer again, after the grace too, and to one session alone', async () => {
    const { session } = await signedIn();
    const other = await signedIn();
    const context = keyed(anonymousContext(), newId());
    const first = await refresh(session.refreshToken, context);
    aheadMs = 60_000;

    const again = await refresh(session.refreshToken, context);
    const successor = refresh(first.session!.refreshToken, context);

    expect(first.replayed).toBe(false);
    expect(again).toEqual({ ...first, replayed: true });
    expect(await refusalOf(successor)).toMatchObject({ code: 'idempotency_key_reused' });
    expect((await refresh(other.session.refreshToken, context)).replayed).toBe(false);
    await expect(refresh(first.session!.refreshToken)).resolves.toBeDefined();
  });

  it('that is taken for theft says so in the security log, once, with a key or without', async () => {
    for (const context of [anonymousContext(), keyed(anonymousContext(), newId())]) {
      const { owner, session } = await signedIn();
      const next = await refresh(session.refreshToken);
      aheadMs += 11_000;

      const refusals = await Promise.all(
        Array.from({ length: 5 }, () => refusalOf(refresh(session.refreshToken, { ...context, client: phone }))),
      );

      for (const refusal of refusals) expect(refusal).toMatchObject({ code: 'refresh_token_invalid' });
      expect(await refusalOf(refresh(next.session!.refreshToken))).toMatchObject({ code: 'refresh_token_invalid' });
      expect(await eventsOf(owner.tenantId, 'session.refused_reuse')).toEqual([
        {
          user_id: owner.user.id,
          details: { session_id: session.sessionId },
          client_address: '2001:db8::9',
          user_agent: 'Phone/2.0',
        },
      ]);
    }
  });
});

describe('how long sessions live', () => {
  const set = (context: CallerContext, sessionHours: number, version?: bigint) =>
    identity.client.updateTenantSecurity(context, { sessionHours, version });
  const day = 24 * 3_600_000;

  it('is the tenant’s to say, for sessions to come and for those that are open, and changes no other tenant', async () => {
    const { owner, session, context } = await signedIn();
    const other = await signedIn();
    const { security } = await identity.client.getTenantSecurity(context, {});
    expect(security).toEqual({ sessionHours: 720, version: 1n });

    const changed = await set(context, 24);

    expect(changed).toEqual({ security: { sessionHours: 24, version: 2n }, replayed: false });
    expect(await eventsOf(owner.tenantId, 'security.updated')).toMatchObject([
      { details: { session_hours: 24, previous_session_hours: 720 } },
    ]);
    const later = (await logIn(owner.email)).session!;
    const open = await identity.client.listSessions(context, { page: undefined });
    for (const { expiresAt, lastUsedAt } of open.sessions) {
      expect(expiresAt!.getTime() - lastUsedAt!.getTime()).toBe(day);
    }
    aheadMs = day + 1_000;
    for (const { refreshToken } of [session, later]) {
      expect(await refusalOf(identity.refresh(refreshToken))).toMatchObject({ code: 'refresh_token_invalid' });
    }
    await expect(identity.refresh(other.session.refreshToken)).resolves.toBeDefined();
  });

  it('begins anew with each refresh', async () => {
    const { session, context } = await signedIn();
    await set(context, 24);
    aheadMs = day - 60_000;
    const next = await identity.refresh(session.refreshToken);
    aheadMs = 2 * day - 120_000;

    await expect(identity.refresh(next.session!.refreshToken)).resolves.toBeDefined();
  });

  it('changes only at the version that was seen, and once for a key', async () => {
    const { context } = await signedIn();
    await set(context, 24, 1n);

    expect(await refusalOf(set(context, 720, 1n))).toMatchObject({ code: 'version_mismatch' });
    const key = keyed(context, newId());
    const first = await set(key, 720, 2n);
    expect(await set(key, 720, 2n)).toEqual({ ...first, replayed: true });
    expect(await refusalOf(set(context, 12))).toMatchObject({ kind: 'invalid' });
  });

  it('is not said by whoever has lost their role since their token was issued', async () => {
    const admin = await identity.createOwner();
    const { tenantId } = await memberOf(admin, 'admin');
    const { session } = await logIn(admin.email, anonymousContext(), { tenantId });
    const demoted = "update identity.memberships set role = 'member' where tenant_id = $1 and role = 'admin'";
    await identity.query(demoted, [tenantId]);

    const refusal = await refusalOf(set(bearing(session!.accessToken), 24));

    expect(refusal).toMatchObject({ kind: 'forbidden', code: 'role_required' });
    expect(await eventsOf(tenantId, 'security.updated')).toEqual([]);
  });
});

describe('one’s sessions', () => {
  const list = (context: CallerContext, page?: { limit: number; cursor: string }) =>
    identity.client.listSessions(context, { page });

  it('are listed with where they are used from, the one last used first, the one that asks marked', async () => {
    const { owner, session, context } = await signedIn(laptop);
    aheadMs = 60_000;
    const second = (await logIn(owner.email, from(phone))).session!;
    const stranger = await signedIn();
    aheadMs = 120_000;
    await identity.client.refreshSession(from(laptop), { refreshToken: session.refreshToken, tenantId: '' });

    const { sessions, page } = await list(context);

    expect(sessions).toMatchObject([
      { id: session.sessionId, current: true, clientAddress: '192.0.2.7', userAgent: 'Laptop/1.0' },
      { id: second.sessionId, current: false, clientAddress: '2001:db8::9', tenantId: owner.tenantId },
    ]);
    expect(page).toMatchObject({ hasMore: false });
    expect(sessions.map(({ id }) => id)).not.toContain(stranger.session.sessionId);
  });

  it('are paged without one missing or coming twice', async () => {
    const { owner, context } = await signedIn();
    for (let index = 0; index < 6; index += 1) {
      // Two of each instant.
      aheadMs = Math.floor(index / 2) * 1_000;
      await logIn(owner.email);
    }
    const all = (await list(context)).sessions.map(({ id }) => id);

    const paged: string[] = [];
    for (let cursor = ''; ; ) {
      const { sessions, page } = await list(context, { limit: 2, cursor });
      paged.push(...sessions.map(({ id }) => id));
      if (!page!.hasMore) break;
      cursor = page!.nextCursor;
    }

    expect(paged).toEqual(all);
    expect(all).toHaveLength(7);
    expect(await refusalOf(list(context, { limit: 2, cursor: 'bm9uZQ' }))).toMatchObject({ kind: 'invalid' });
    expect(await refusalOf(list(context, { limit: 201, cursor: '' }))).toMatchObject({ kind: 'invalid' });
  });

  it('can be closed one by one, and nobody else’s', async () => {
    const { owner, session, context } = await signedIn();
    const second = (await logIn(owner.email)).session!;
    const stranger = await signedIn();
    const close = (sessionId: string, by = context) => identity.client.revokeSession(by, { sessionId });

    expect(await refusalOf(close(second.sessionId, stranger.context))).toMatchObject({ code: 'session_not_found' });
    const key = keyed(context, newId());
    const first = await close(second.sessionId, key);
    expect(await close(second.sessionId, key)).toEqual({ ...first, replayed: true });
    expect(await refusalOf(close(second.sessionId))).toMatchObject({ code: 'session_not_found' });

    expect(await refusalOf(identity.refresh(second.refreshToken))).toMatchObject({ code: 'refresh_token_invalid' });
    expect((await list(context)).sessions.map(({ id }) => id)).toEqual([session.sessionId]);
    expect(await eventsOf(owner.tenantId, 'session.revoked')).toMatchObject([
      { details: { reason: 'revoked', session_id: second.sessionId } },
    ]);
  });

  /** Opens sessions past the service, each used a minute longer ago than the one before. */
  const openMany = (userId: string, tenantId: string, count: number) =>
    identity.query<{ id: string }>(
      `insert into identity.sessions
         (id, user_id, acting_tenant_id, authenticated_at, opened_at, last_used_at, expires_at)
       select gen_random_uuid(), $1, $2, now(), now(), now() - n * interval '1 minute', now() + interval '1 day'
       from generate_series(1, $3::int) as n
       returning id`,
      [userId, tenantId, count],
    );
  const openOf = async (userId: string) => {
    const rows = await identity.query<{ id: string }>(
      'select id from identity.sessions where user_id = $1 and revoked_at is null',
      [userId],
    );
    return rows.map(({ id }) => id);
  };

  it('are a hundred at most: one more closes the one used longest ago', async () => {
    const [owner, bystander] = [await identity.createOwner(), await identity.createOwner()];
    const opened = await openMany(owner.user.id, owner.tenantId, 100);
    await openMany(bystander.user.id, bystander.tenantId, 100);

    const { session } = await logIn(owner.email);

    const left = await openOf(owner.user.id);
    expect(left).toHaveLength(100);
    expect(left).toContain(session!.sessionId);
    expect(left).not.toContain(opened.at(-1)!.id);
    expect(await openOf(bystander.user.id)).toHaveLength(100);
    expect(await eventsOf(owner.tenantId, 'session.revoked')).toMatchObject([
      { details: { reason: 'too_many', session_id: opened.at(-1)!.id } },
    ]);
  });

  it('are a hundred at most when two are opened at once', async () => {
    const owner = await identity.createOwner();
    const opened = await openMany(owner.user.id, owner.tenantId, 100);
    const release = await identity.hold('select 1 from identity.sessions where id = $1 for update', [
      opened.at(-1)!.id,
    ]);
    const both = Promise.all([logIn(owner.email), logIn(owner.email)]);
    await identity.untilWaiting(2);
    await release();

    const answers = await both;

    const left = await openOf(owner.user.id);
    expect(left).toHaveLength(100);
    expect(left).toEqual(expect.arrayContaining(answers.map(({ session }) => session!.sessionId)));
  });

  it('are closed by the thousand without delay, each noted, audited and told', async () => {
    const { owner, context } = await signedIn();
    await openMany(owner.user.id, owner.tenantId, 9_000);

    const { sessionIds } = await identity.client.logoutEverywhere(context, {});

    expect(sessionIds).toHaveLength(9_001);
    const [counted] = await identity.query(
      `select
         (select count(*)::int from identity.security_events where tenant_id = $1 and kind = 'session.revoked') as noted,
         (select count(*)::int from identity.audit_entries where tenant_id = $1 and action = 'session.revoked') as audited`,
      [owner.tenantId],
    );
    expect(counted).toEqual({ noted: 9_001, audited: 9_001 });
  });

  it('can be closed all at once, in every tenant, each told to its own', async () => {
    const first = await identity.createOwner();
    const second = await memberOf(first);
    const here = (await logIn(first.email, anonymousContext(), { tenantId: first.tenantId })).session!;
    const there = (await logIn(first.email, anonymousContext(), { tenantId: second.tenantId })).session!;
    const stranger = await signedIn();

    const answer = await identity.client.logoutEverywhere(bearing(here.accessToken), {});

    expect(new Set(answer.sessionIds)).toEqual(new Set([here.sessionId, there.sessionId]));
    for (const { refreshToken } of [here, there]) {
      expect(await refusalOf(identity.refresh(refreshToken))).toMatchObject({ code: 'refresh_token_invalid' });
    }
    await expect(identity.refresh(stranger.session.refreshToken)).resolves.toBeDefined();
    for (const [tenantId, sessionId] of [
      [first.tenantId, here.sessionId],
      [second.tenantId, there.sessionId],
    ] as const) {
      const events = await identity.query<{ envelope: { subject: string; data: object } }>(
        `select envelope from identity.outbox where tenant_id = $1 and type = 'outlay.identity.session.revoked.v1'`,
        [tenantId],
      );
      expect(events.map(({ envelope }) => envelope.subject)).toEqual([sessionId]);
    }
  });
});

describe('a refresh that names a tenant', () => {
  it.each([undefined, newId()])('is refused for another one, and the token stays good (key: %s)', async (key) => {
    const { owner, session } = await signedIn();
    const other = await identity.createOwner();
    const refresh = (tenantId: string) =>
      identity.client.refreshSession(from(laptop, { idempotencyKey: key }), {
        refreshToken: session.refreshToken,
        tenantId,
      });

    expect(await refusalOf(refresh(other.tenantId))).toMatchObject({ kind: 'forbidden', code: 'tenant_mismatch' });
    expect((await refresh(owner.tenantId)).membership?.tenantId).toBe(owner.tenantId);
  });
});
