import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { anonymousContext, createTokenVerifier } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import pg from 'pg';
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

const signedIn = async () => {
  const owner = await identity.createOwner();
  const { session } = await identity.logIn(owner.email);
  return { owner, session: session! };
};
const refreshed = async (refreshToken: string) => (await identity.refresh(refreshToken)).session!;
const refused = { kind: 'unauthenticated', code: 'refresh_token_invalid' };
const revocationOf = async (sessionId: string) => {
  const rows = await identity.query<{ reason: string }>(
    'select revoked_reason as reason from identity.sessions where id = $1',
    [sessionId],
  );
  return rows[0]?.reason;
};

/** Locks the tokens of a session, as a slow transaction would. */
async function holdTokensOf(sessionId: string) {
  const holder = new pg.Client({ connectionString: identity.database.adminUrl });
  await holder.connect();
  await holder.query('begin');
  await holder.query('select 1 from identity.refresh_tokens where session_id = $1 for update', [sessionId]);
  return {
    async waitingCount() {
      const waiting = `select count(*)::int as count from pg_stat_activity
        where datname = current_database() and application_name = 'identity' and wait_event_type = 'Lock'`;
      return (await identity.query<{ count: number }>(waiting))[0]!.count;
    },
    async release() {
      await holder.query('rollback');
      await holder.end();
    },
  };
}

describe('refreshing a session', () => {
  it('gives a new refresh token and a new access token for the same session', async () => {
    const { owner, session } = await signedIn();

    const answer = await identity.refresh(session.refreshToken);

    expect(answer.session).toMatchObject({ sessionId: session.sessionId, expiresInSeconds: 3600 });
    expect(answer.session!.refreshToken).not.toBe(session.refreshToken);
    expect(answer.user).toMatchObject({ id: owner.user.id, email: owner.email });
    expect(answer.membership).toEqual({
      tenantId: owner.tenantId,
      tenantName: owner.tenantName,
      subdomain: owner.subdomain,
      role: 'owner',
    });
    const me = await identity.client.getMe(bearing(answer.session!.accessToken), {});
    expect(me.user?.id).toBe(owner.user.id);
  });

  it('does not count as proving the password again', async () => {
    const { session } = await signedIn();
    aheadMs = 30 * 60_000;

    const later = await refreshed(session.refreshToken);

    const { jwksJson } = await identity.client.getJwks(anonymousContext(), {});
    const clock = () => new Date(Date.now() + aheadMs);
    const verifier = createTokenVerifier({
      issuer: 'https://outlay.local',
      audience: 'outlay',
      loadKeys: async () => JSON.parse(jwksJson),
      clock,
    });
    const claims = await verifier.verify(later.accessToken);
    expect(claims.iat - claims.auth_time).toBeGreaterThanOrEqual(30 * 60 - 1);
  });

  it('can be done over and over', async () => {
    const { session } = await signedIn();
    let { refreshToken } = session;

    for (let index = 0; index < 5; index += 1) {
      aheadMs += 20_000;
      ({ refreshToken } = await refreshed(refreshToken));
    }

    expect(await revocationOf(session.sessionId)).toBeNull();
  });

  it('stores no token that could be used', async () => {
    const { session } = await signedIn();
    const { refreshToken } = await refreshed(session.refreshToken);

    const rows = await identity.query<Record<string, Buffer>>(
      'select token_hash, successor_hash, sealed_successor from identity.refresh_tokens where session_id = $1',
      [session.sessionId],
    );

    expect(rows).toHaveLength(2);
    const secrets = [session.refreshToken, refreshToken];
    for (const value of rows.flatMap((row) => Object.values(row)).filter(Boolean)) {
      expect(secrets).not.toContain(value!.toString('base64url'));
    }
  });

  it('is refused after thirty days without use', async () => {
    const { session } = await signedIn();
    aheadMs = 30 * 24 * 3_600_000 + 1_000;

    expect(await refusalOf(identity.refresh(session.refreshToken))).toMatchObject(refused);
  });

  it('is refused for what is no token', async () => {
    for (const text of ['', 'x', 'A'.repeat(43), 'A'.repeat(10_000), '\u0000']) {
      expect(await refusalOf(identity.refresh(text))).toMatchObject(refused);
    }
  });

  it('is refused when the person has been removed from the tenant', async () => {
    const { owner, session } = await signedIn();
    await identity.query('delete from identity.memberships where user_id = $1', [owner.user.id]);

    expect(await refusalOf(identity.refresh(session.refreshToken))).toMatchObject(refused);
  });
});

describe('a refresh token that was used before', () => {
  it('is answered with the same successor for ten seconds', async () => {
    const { session } = await signedIn();
    const first = await refreshed(session.refreshToken);
    aheadMs = 9_000;

    const again = await refreshed(session.refreshToken);

    expect(again.refreshToken).toBe(first.refreshToken);
    expect(await revocationOf(session.sessionId)).toBeNull();
    await expect(refreshed(again.refreshToken)).resolves.toBeDefined();
  });

  it('has one successor, whoever uses it a hundred times at once', async () => {
    const { session } = await signedIn();
    // Held up until several have begun, as otherwise each would be done before the next.
    const hold = await holdTokensOf(session.sessionId);

    // Who is refused for the crowd, as no connection was free in time, tries again.
    const refreshing = Promise.all(
      Array.from({ length: 100 }, () => eventually(() => refreshed(session.refreshToken), { intervalMs: 100 })),
    );
    await eventually(async () => expect(await hold.waitingCount()).toBeGreaterThan(4));
    await hold.release();

    const answers = await refreshing;
    expect(new Set(answers.map((answer) => answer.refreshToken)).size).toBe(1);
    const tokens = await identity.query('select 1 from identity.refresh_tokens where session_id = $1', [
      session.sessionId,
    ]);
    expect(tokens).toHaveLength(2);
    await expect(refreshed(answers[0]!.refreshToken)).resolves.toBeDefined();
  });

  it('closes the session after ten seconds, for whoever holds the current one as well', async () => {
    const { owner, session } = await signedIn();
    const bystander = await signedIn();
    const current = await refreshed(session.refreshToken);
    aheadMs = 11_000;

    expect(await refusalOf(identity.refresh(session.refreshToken))).toMatchObject(refused);

    expect(await refusalOf(identity.refresh(current.refreshToken))).toMatchObject(refused);
    expect(await revocationOf(session.sessionId)).toBe('refresh_token_reused');
    const [event] = await identity.query<{ envelope: object }>(
      `select envelope from identity.outbox where tenant_id = $1 and type = 'outlay.identity.session.revoked.v1'`,
      [owner.tenantId],
    );
    expect(event!.envelope).toMatchObject({
      subject: session.sessionId,
      data: { sessionId: session.sessionId, userId: owner.user.id, reason: 'refresh_token_reused' },
    });
    // Other sessions have nothing to do with it.
    await expect(refreshed(bystander.session.refreshToken)).resolves.toBeDefined();
  });

  it('closes the session at once when it is older than the direct predecessor', async () => {
    const { session } = await signedIn();
    const second = await refreshed(session.refreshToken);
    await refreshed(second.refreshToken);

    expect(await refusalOf(identity.refresh(session.refreshToken))).toMatchObject(refused);

    expect(await revocationOf(session.sessionId)).toBe('refresh_token_reused');
  });
});
