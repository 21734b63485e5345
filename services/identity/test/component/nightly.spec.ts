import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { peopleOf } from './driver/people.ts';
import { refusalOf, startIdentity, type TestIdentity } from './driver/start-identity.ts';

const dayMs = 24 * 3_600_000;

let identity: TestIdentity;
let people: ReturnType<typeof peopleOf>;
let aheadMs = 0;
beforeAll(async () => {
  identity = await startIdentity({ overrides: { clock: () => new Date(Date.now() + aheadMs) } });
  people = peopleOf(identity);
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

  it('deletes mailed tokens a week after they expired', async () => {
    const tokensOf = (userId: string) =>
      identity.query('select 1 from identity.one_time_tokens where user_id = $1', [userId]);
    const forgotten = await identity.createOwner();
    aheadMs += 7 * dayMs;
    const justExpired = await identity.createOwner();
    aheadMs += 2 * dayMs;

    await identity.query("select identity_jobs.add_job('purge_expired')");

    await eventually(async () => expect(await tokensOf(forgotten.user.id)).toEqual([]));
    expect(await tokensOf(justExpired.user.id)).toHaveLength(1);
  });

  it('deletes invitations and API keys three months after their end, and none that is open or works', async () => {
    const owner = await people.owner();
    const invite = async () =>
      (await identity.client.inviteMember(owner.context, { email: `${newId()}@acme.example`, role: 'member' }))
        .invitation!;
    const make = async () =>
      (
        await identity.client.createApiKey(owner.context, {
          name: 'Import',
          scopes: ['expenses:write'],
          expiresAt: undefined,
        })
      ).apiKey!;
    const [oldInvitation, newInvitation] = [await invite(), await invite()];
    const [revoked, expired, works] = [await make(), await make(), await make()];
    const past = new Date(Date.now() + aheadMs - 91 * dayMs);
    await identity.query('update identity.invitations set expires_at = $2 where id = $1', [oldInvitation.id, past]);
    await identity.query('update identity.api_keys set revoked_at = $2 where id = $1', [revoked.id, past]);
    await identity.query('update identity.api_keys set expires_at = $2 where id = $1', [expired.id, past]);
    const idsIn = async (table: string, column: string) =>
      (await identity.query<{ id: string }>(`select ${column} as id from identity.${table}`)).map(({ id }) => id);

    await identity.query("select identity_jobs.add_job('purge_expired')");

    await eventually(async () => expect(await idsIn('api_keys', 'id')).not.toContain(revoked.id));
    expect(await idsIn('api_keys', 'id')).toEqual([works.id]);
    expect(await idsIn('api_key_secrets', 'api_key_id')).toEqual([works.id]);
    expect(await idsIn('invitations', 'id')).toEqual([newInvitation.id]);
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
