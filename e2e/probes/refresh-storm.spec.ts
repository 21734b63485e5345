import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { eventually, startPlatform, type TestPlatform, unlimited } from '@outlay/testkit';
import { type Answer, createOutlayClient, type OutlayClient, ownerPassword } from '../drivers/outlay-client.ts';
import { claimsOf } from '../drivers/read-token.ts';

// A whole platform, on a machine that may be busy with others.
jest.setTimeout(120_000);

let platform: TestPlatform;
let outlay: OutlayClient;
beforeAll(async () => {
  platform = await startPlatform({ bus: 'embedded', environment: unlimited });
  outlay = createOutlayClient(platform.gatewayUrl);
});
afterAll(() => platform?.stop());

const logIn = async (email: string) => {
  const { body } = await outlay.call('POST', '/auth/login', { email, password: ownerPassword });
  return { refreshToken: body.refresh_token, sessionId: claimsOf(body.access_token).sid };
};
const refresh = (refreshToken: string) => outlay.call('POST', '/auth/refresh', { refresh_token: refreshToken });
const refreshAtOnce = (count: number, refreshToken: string) =>
  Promise.all(Array.from({ length: count }, () => refresh(refreshToken)));
const whoAmI = (token: string) => outlay.call('GET', '/users/me', undefined, { authorization: `Bearer ${token}` });
const successorsIn = (answers: Answer[]) => new Set(answers.map(({ body }) => body.refresh_token));
/** As if the tokens of a session had been rotated so much earlier. */
const letPass = (sessionId: string, interval: string) =>
  platform.database.query(
    'update identity.refresh_tokens set rotated_at = rotated_at - $2::interval where session_id = $1',
    [sessionId, interval],
  );

/** Keeps the tokens of a session locked, so that those who use one at once meet; otherwise the first would be done before the others come. */
async function holdTokens(sessionId: string) {
  const holding = platform.database
    .query(`select 1 from identity.refresh_tokens where session_id = '${sessionId}' for update; select pg_sleep(60)`)
    .catch(() => undefined);
  const activity = (condition: string, what = '1') =>
    platform.database.query(
      `select ${what} from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid() and ${condition}`,
    );
  const sleeping = `wait_event = 'PgSleep'`;
  await eventually(async () => expect(await activity(sleeping)).toHaveLength(1));
  return {
    untilSomeWait: () =>
      eventually(async () => {
        const waiting = await activity(`application_name = 'identity' and wait_event_type = 'Lock'`);
        expect(waiting.length).toBeGreaterThan(1);
      }),
    async release() {
      await activity(sleeping, 'pg_cancel_backend(pid)');
      await holding;
    },
  };
}

describe('a refresh token that is used a thousand times at once', () => {
  it('has one successor, which all that are answered get; who is refused for the crowd gets it when trying again', async () => {
    const { email } = await outlay.registerTenant();
    const { refreshToken, sessionId } = await logIn(email);

    const hold = await holdTokens(sessionId);
    const refreshing = refreshAtOnce(1_000, refreshToken);
    await hold.untilSomeWait();
    await hold.release();
    const answers = await refreshing;

    const answered = answers.filter(({ status }) => status === 200);
    const refused = answers.filter(({ status }) => status !== 200);
    expect(answered.length).toBeGreaterThan(0);
    for (const { status, headers, body } of refused) {
      // Of a rotation whose answer did not come back in time nobody says when to try again.
      const saysWhen = headers.has('retry-after') || body.code === 'outcome_unknown';
      expect([status, saysWhen]).toEqual([503, true]);
    }
    const [successor, ...others] = successorsIn(answered);
    expect(others).toEqual([]);
    // However long the crowd took on this machine, these come within the grace.
    await letPass(sessionId, '-5 s');
    const again = await refreshAtOnce(50, refreshToken);
    expect(successorsIn(again)).toEqual(new Set([successor]));

    const tokens = await platform.database.query<{ isCurrent: boolean }>(
      'select rotated_at is null as "isCurrent" from identity.refresh_tokens where session_id = $1 order by issued_at',
      [sessionId],
    );
    expect(tokens).toEqual([{ isCurrent: false }, { isCurrent: true }]);
    expect((await refresh(successor ?? '')).status).toBe(200);
  });

  it('closes its session, once, when that is after the grace; other sessions go on', async () => {
    const { email, tenantId } = await outlay.registerTenant();
    const [stolen, other] = [await logIn(email), await logIn(email)];
    const current = (await refresh(stolen.refreshToken)).body;
    await letPass(stolen.sessionId, '11 s');

    const answers = await refreshAtOnce(200, stolen.refreshToken);

    expect(new Set(answers.map(({ status, body }) => `${status} ${body.code}`))).toEqual(
      new Set(['401 refresh_token_invalid']),
    );
    expect((await refresh(current.refresh_token)).status).toBe(401);
    await eventually(async () => expect((await whoAmI(current.access_token)).status).toBe(401));
    const events = await platform.database.query(
      `select envelope -> 'data' ->> 'reason' as reason, envelope ->> 'subject' as session from identity.outbox
       where tenant_id = $1 and type = 'outlay.identity.session.revoked.v1'`,
      [tenantId],
    );
    expect(events).toEqual([{ reason: 'refresh_token_reused', session: stolen.sessionId }]);
    const audited = await platform.database.query(
      `select entity_id as session from identity.audit_entries where tenant_id = $1 and action = 'session.revoked'`,
      [tenantId],
    );
    expect(audited).toEqual([{ session: stolen.sessionId }]);
    expect((await refresh(other.refreshToken)).status).toBe(200);
  });
});
