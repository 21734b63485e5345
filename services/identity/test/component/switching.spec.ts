import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { anonymousContext, type CallerContext, newId } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { claimsOf, keyed, sessionsOf } from './driver/sessions.ts';
import { bearing, password, refusalOf, startIdentity, type TestIdentity } from './driver/start-identity.ts';

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

const { logIn, signedIn, eventsOf, told, memberOf } = sessionsOf(() => identity);

describe('proving the password again', () => {
  const prove = (context: CallerContext, given = password) =>
    identity.client.reauthenticate(context, { password: given, code: '' });

  it('answers a fresh token of the same session, and so do refreshes from then on', async () => {
    const { owner, session, context } = await signedIn();
    aheadMs = 30 * 60_000;
    const before = claimsOf((await identity.refresh(session.refreshToken)).session!.accessToken);

    const answer = await prove(context);

    const claims = claimsOf(answer.accessToken);
    expect(answer.expiresInSeconds).toBe(3600);
    expect(claims).toMatchObject({ sub: owner.user.id, sid: session.sessionId, tid: owner.tenantId, role: 'owner' });
    expect(claims.auth_time - before.auth_time).toBeGreaterThanOrEqual(30 * 60 - 1);
    expect(await eventsOf(owner.tenantId, 'session.reauthenticated')).toHaveLength(1);
  });

  it('is refused for a wrong password, which counts like a failed log-in', async () => {
    const { owner, context } = await signedIn();

    for (let index = 0; index < 10; index += 1) {
      expect(await refusalOf(prove(context, 'a wrong guess'))).toMatchObject({ code: 'invalid_credentials' });
    }

    expect(await refusalOf(prove(context))).toMatchObject({ code: 'too_many_attempts' });
    await told();
    await eventually(async () => expect(await eventsOf(owner.tenantId, 'login.failed')).toHaveLength(10));
  });

  it('is refused in a session that is closed', async () => {
    const { context } = await signedIn();
    await identity.client.logout(context, {});

    expect(await refusalOf(prove(context))).toMatchObject({ code: 'session_revoked' });
  });

  it('with a key gives the first answer again', async () => {
    const { context } = await signedIn();
    const key = keyed(context, newId());
    const first = await prove(key);

    expect(await prove(key)).toEqual({ ...first, replayed: true });
  });
});

describe('switching the tenant', () => {
  const enter = (context: CallerContext, tenantId: string) => identity.client.switchTenant(context, { tenantId });
  const asBoth = async () => {
    const first = await identity.createOwner();
    const second = await memberOf(first);
    const { session } = await logIn(first.email, anonymousContext(), { tenantId: first.tenantId });
    return { first, second, session: session!, context: bearing(session!.accessToken) };
  };

  it('opens another session, as fresh as the present one, which stays', async () => {
    const { first, second, session, context } = await asBoth();
    aheadMs = 10 * 60_000;

    const byId = await enter(context, second.tenantId);
    const bySubdomain = await enter(context, second.subdomain.toUpperCase());

    expect(byId.membership).toMatchObject({ tenantId: second.tenantId, role: 'analyst' });
    const [before, after] = [claimsOf(session.accessToken), claimsOf(byId.session!.accessToken)];
    expect(after).toMatchObject({ tid: second.tenantId, role: 'analyst', auth_time: before.auth_time });
    expect(after.sid).not.toBe(before.sid);
    expect(bySubdomain.membership).toEqual(byId.membership);
    await expect(identity.refresh(session.refreshToken)).resolves.toBeDefined();
    await expect(identity.refresh(byId.session!.refreshToken)).resolves.toBeDefined();
    expect(await eventsOf(second.tenantId, 'tenant.switched')).toHaveLength(2);
    expect(await eventsOf(first.tenantId, 'tenant.switched')).toEqual([]);
  });

  it('into the tenant one is in is refused', async () => {
    const { first, context } = await asBoth();

    for (const named of [first.tenantId, first.subdomain]) {
      expect(await refusalOf(enter(context, named))).toMatchObject({ kind: 'conflict', code: 'already_there' });
    }
  });

  it('opens what is closed with the session it came of, by log-out, revocation or reuse, and no other log-in', async () => {
    const closings: ((of: Awaited<ReturnType<typeof asBoth>>, elsewhere: CallerContext) => Promise<unknown>)[] = [
      ({ context }) => identity.client.logout(context, {}),
      ({ session }, elsewhere) => identity.client.revokeSession(elsewhere, { sessionId: session.sessionId }),
      async ({ session }) => {
        await identity.refresh(session.refreshToken);
        aheadMs += 11_000;
        await refusalOf(identity.refresh(session.refreshToken));
      },
    ];
    for (const close of closings) {
      const both = await asBoth();
      const away = (await enter(both.context, both.second.tenantId)).session!;
      const back = (await enter(bearing(away.accessToken), both.first.tenantId)).session!;
      const other = (await logIn(both.first.email, anonymousContext(), { tenantId: both.first.tenantId })).session!;

      await close(both, bearing(other.accessToken));

      for (const { refreshToken } of [both.session, away, back]) {
        expect(await refusalOf(identity.refresh(refreshToken))).toMatchObject({ code: 'refresh_token_invalid' });
      }
      await expect(identity.refresh(other.refreshToken)).resolves.toBeDefined();
      expect(await eventsOf(both.second.tenantId, 'session.revoked')).toHaveLength(1);
    }
  });

  it('closes the session it came of when the token of the other one is used again', async () => {
    const { second, session, context } = await asBoth();
    const away = (await enter(context, second.tenantId)).session!;
    await identity.refresh(away.refreshToken);
    aheadMs = 11_000;

    await refusalOf(identity.refresh(away.refreshToken));

    expect(await refusalOf(identity.refresh(session.refreshToken))).toMatchObject({ code: 'refresh_token_invalid' });
  });

  it('leaves nothing open when it happens while everything is closed', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { first, second, context } = await asBoth();
      const switches = Array.from({ length: 8 }, () => enter(context, second.tenantId).catch(() => undefined));

      await identity.client.logoutEverywhere(context, {});
      await Promise.all(switches);

      const open = await identity.query('select 1 from identity.sessions where user_id = $1 and revoked_at is null', [
        first.user.id,
      ]);
      expect(open).toEqual([]);
    }
  });

  it('that is under way is waited for when everything is closed', async () => {
    const { first, second, context } = await asBoth();
    const release = await identity.hold('select 1 from identity.memberships where user_id = $1 for update', [
      first.user.id,
    ]);
    const switching = enter(context, second.tenantId);
    await identity.untilWaiting(1);
    const closing = identity.client.logoutEverywhere(context, {});
    await identity.untilWaiting(2);
    await release();

    const { session } = await switching;
    await closing;

    expect(await refusalOf(identity.refresh(session!.refreshToken))).toMatchObject({ code: 'refresh_token_invalid' });
  });

  it('finds no tenant that one does not belong to, whether or not it exists', async () => {
    const { context } = await asBoth();
    const other = await identity.createOwner();

    const refusals = [
      await refusalOf(enter(context, other.tenantId)),
      await refusalOf(enter(context, other.subdomain)),
      await refusalOf(enter(context, newId())),
    ];

    for (const refusal of refusals) expect(refusal).toEqual(refusals[0]);
    expect(refusals[0]).toMatchObject({ kind: 'not_found', code: 'tenant_not_found' });
  });

  it('opens nothing from a closed session, and one session for a key', async () => {
    const { second, context } = await asBoth();
    const key = keyed(context, newId());
    const first = await enter(key, second.tenantId);
    expect(await enter(key, second.tenantId)).toEqual({ ...first, replayed: true });
    await identity.client.logout(context, {});

    expect(await refusalOf(enter(context, second.tenantId))).toMatchObject({ code: 'session_revoked' });
  });
});
