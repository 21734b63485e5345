import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTcpProxy, eventually, type TcpProxy, testRedisUrl } from '@outlay/testkit';
import { Redis } from 'ioredis';
import { bearing, refusalOf, startIdentity, type TestIdentity } from './driver/start-identity.ts';

let identity: TestIdentity;
let proxy: TcpProxy;
let redis: Redis;
/** The sessions that gateways were told of. */
const told: string[] = [];
beforeAll(async () => {
  proxy = await createTcpProxy(testRedisUrl());
  redis = new Redis(testRedisUrl());
  redis.on('message', (_channel, sessionId) => told.push(sessionId));
  // The channel that gateways listen on.
  await redis.subscribe('outlay:revoked-sessions');
  identity = await startIdentity({ config: { redisUrl: proxy.url(testRedisUrl()) } });
});
afterAll(async () => {
  await identity.stop();
  redis.disconnect();
  await proxy.close();
});

const signedIn = async () => {
  const owner = await identity.createOwner();
  const { session } = await identity.logIn(owner.email);
  return { owner, session: session! };
};
const logOut = (accessToken: string) => identity.client.logout(bearing(accessToken), {});
const revokedSince = async (since?: Date) =>
  (await identity.client.listRevokedSessions(await identity.asService(), { since })).sessionIds;

describe('signing out', () => {
  it('closes the session in the database and tells gateways through Redis', async () => {
    const { owner, session } = await signedIn();
    const other = await signedIn();

    const answer = await logOut(session.accessToken);

    expect(answer.sessionId).toBe(session.sessionId);
    expect(await refusalOf(identity.refresh(session.refreshToken))).toMatchObject({ code: 'refresh_token_invalid' });
    await eventually(async () => expect(told).toContain(session.sessionId));
    const [event] = await identity.query<{ envelope: object }>(
      `select envelope from identity.outbox where tenant_id = $1 and type = 'outlay.identity.session.revoked.v1'`,
      [owner.tenantId],
    );
    expect(event!.envelope).toMatchObject({ subject: session.sessionId, data: { reason: 'logout' } });
    await expect(identity.refresh(other.session.refreshToken)).resolves.toBeDefined();
    expect(told).not.toContain(other.session.sessionId);
  });

  it('is told to gateways in the same way when a refresh token is used again', async () => {
    const { session } = await signedIn();
    const next = await identity.refresh(session.refreshToken);
    await identity.refresh(next.session!.refreshToken);

    expect(await refusalOf(identity.refresh(session.refreshToken))).toBeDefined();

    await eventually(async () => expect(told).toContain(session.sessionId));
  });

  it('twice is the same as once', async () => {
    const { owner, session } = await signedIn();

    await logOut(session.accessToken);
    await logOut(session.accessToken);

    const events = await identity.query(
      `select 1 from identity.outbox where tenant_id = $1 and type = 'outlay.identity.session.revoked.v1'`,
      [owner.tenantId],
    );
    expect(events).toHaveLength(1);
  });

  it('with a key has its first answer again, and in a closed session does nothing else', async () => {
    const { owner, session } = await signedIn();
    const other = (await identity.logIn(owner.email)).session!;
    const context = { ...bearing(session.accessToken), idempotencyKey: 'first-try' };
    const first = await identity.client.logout(context, {});

    const again = await identity.client.logout(context, {});
    const later = { ...context, idempotencyKey: 'another-try' };

    expect(again).toEqual({ ...first, replayed: true });
    expect(await refusalOf(identity.client.logoutEverywhere(later, {}))).toMatchObject({ code: 'session_revoked' });
    expect(await refusalOf(identity.client.logout(later, {}))).toMatchObject({ code: 'session_revoked' });
    await expect(identity.refresh(other.refreshToken)).resolves.toBeDefined();
  });

  it('everywhere tells gateways of every session', async () => {
    const { owner, session } = await signedIn();
    const other = (await identity.logIn(owner.email)).session!;

    await identity.client.logoutEverywhere(bearing(session.accessToken), {});

    await eventually(async () => expect(told).toEqual(expect.arrayContaining([session.sessionId, other.sessionId])));
  });

  it('works while Redis is away, and gateways can ask for what they missed', async () => {
    const { session } = await signedIn();
    await proxy.refuse();

    // Redis stays away: whoever waited for it would wait for good.
    await logOut(session.accessToken);

    expect(await revokedSince(new Date(Date.now() - 60_000))).toContain(session.sessionId);
    expect(await refusalOf(identity.refresh(session.refreshToken))).toMatchObject({ code: 'refresh_token_invalid' });
    await proxy.resume();
    await eventually(async () => {
      const next = await signedIn();
      await logOut(next.session.accessToken);
      await eventually(async () => expect(told).toContain(next.session.sessionId), { timeoutMs: 1_000 });
    });
  });

  it('is listed for services alone, from the given instant on, and no longer than an access token lives', async () => {
    const { session } = await signedIn();
    await logOut(session.accessToken);
    const old = await signedIn();
    await logOut(old.session.accessToken);
    await identity.query(`update identity.sessions set revoked_at = revoked_at - interval '2 hours' where id = $1`, [
      old.session.sessionId,
    ]);

    expect(await revokedSince()).toContain(session.sessionId);
    expect(await revokedSince(new Date(0))).not.toContain(old.session.sessionId);
    expect(await revokedSince(new Date(Date.now() + 60_000))).toEqual([]);
    const asUser = identity.client.listRevokedSessions(bearing(session.accessToken), { since: undefined });
    expect(await refusalOf(asUser)).toMatchObject({ kind: 'forbidden' });
  });

  it('needs a token', async () => {
    expect(await refusalOf(logOut('no-token'))).toMatchObject({ kind: 'unauthenticated' });
  });
});
