import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@outlay/testkit';
import { refusalOf, startIdentity, type TestIdentity } from './driver/start-identity.ts';

const dayMs = 24 * 3_600_000;

let identity: TestIdentity;
let aheadMs = 0;
beforeAll(async () => {
  identity = await startIdentity({ overrides: { clock: () => new Date(Date.now() + aheadMs) } });
});
afterAll(() => identity.stop());

const signedIn = async () => {
  const { email } = await identity.createOwner();
  return (await identity.logIn(email)).session!;
};
const sessionIds = async () =>
  (await identity.query<{ id: string }>('select id from identity.sessions')).map((session) => session.id);

describe('the nightly clean-up', () => {
  it('deletes what ended more than a week ago, and nothing that somebody could still use or misuse', async () => {
    const forgotten = await signedIn();
    aheadMs = 35 * dayMs;
    const inUse = await signedIn();
    const justEnded = await signedIn();
    await identity.query('update identity.sessions set expires_at = $2 where id = $1', [
      justEnded.sessionId,
      new Date(Date.now() + aheadMs - dayMs),
    ]);
    aheadMs += 3 * dayMs;

    await eventually(() => identity.query("select identity_jobs.add_job('purge_expired')"));

    await eventually(async () => expect(await sessionIds()).not.toContain(forgotten.sessionId));
    expect(await sessionIds()).toEqual(expect.arrayContaining([inUse.sessionId, justEnded.sessionId]));
    expect(await refusalOf(identity.refresh(forgotten.refreshToken))).toMatchObject({ code: 'refresh_token_invalid' });
    await expect(identity.refresh(inUse.refreshToken)).resolves.toBeDefined();
  });

  it('makes the months to come, so that nothing is refused for want of a partition', async () => {
    aheadMs = 200 * dayMs;

    await eventually(() => identity.query("select identity_jobs.add_job('keep_months')"));

    const month = new Date(Date.now() + aheadMs).toISOString().slice(0, 7).replace('-', '');
    await eventually(async () =>
      expect(
        await identity.query(
          `select 1 from pg_class where relname = 'outbox_${month}' and relnamespace = 'identity'::regnamespace`,
        ),
      ).toHaveLength(1),
    );
  });
});
