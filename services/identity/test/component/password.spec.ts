import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { anonymousContext, type CallerContext, createSecretBox } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import pg from 'pg';
import { mailsOf } from './driver/mails.ts';
import { peopleOf } from './driver/people.ts';
import { password, refusalOf, startIdentity, type TestIdentity } from './driver/start-identity.ts';

let identity: TestIdentity;
let people: ReturnType<typeof peopleOf>;
let mails: ReturnType<typeof mailsOf>;
let aheadMs = 0;
beforeAll(async () => {
  identity = await startIdentity({ overrides: { clock: () => new Date(Date.now() + aheadMs) } });
  people = peopleOf(identity);
  mails = mailsOf(identity);
});
afterAll(() => identity.stop());

type Signed = Awaited<ReturnType<typeof people.owner>>;

const newPassword = 'correct horse battery';
const requested = 'password_reset.requested';
const changePassword = ({ context }: Signed, currentPassword = password, chosen = newPassword) =>
  identity.client.changePassword(context, { currentPassword, newPassword: chosen });
let places = 0;
/** An anonymous caller from a place of their own. */
const somewhere = (): CallerContext => {
  places += 1;
  return { ...anonymousContext(), client: { address: `198.51.100.${places}`, userAgent: 'test' } };
};
const ask = (email: string, context = somewhere()) => identity.client.requestPasswordReset(context, { email });
const reset = (token: string, context = somewhere(), chosen = newPassword) =>
  identity.client.resetPassword(context, { token, newPassword: chosen });
const resetToken = async (mara: Signed) => {
  const before = (await mails.tokens(mara.user.id, requested)).length;
  await ask(mara.email);
  await eventually(async () => expect((await mails.tokens(mara.user.id, requested)).length).toBe(before + 1));
  return mails.lastToken(mara.user.id, requested);
};
const jobsDone = () =>
  eventually(async () => expect(await identity.query('select 1 from identity_jobs.jobs')).toEqual([]));
const fieldsOf = (call: Promise<unknown>) => call.then(Promise.reject, (error) => error.details);

describe('changing the password', () => {
  it('closes the other sessions and keeps this one; the person is told', async () => {
    const mara = await people.owner();
    const elsewhere = await people.owner();
    const there = await people.member(elsewhere.tenantId, 'member', { email: mara.email });
    const others = await people.signIn(mara.email, mara.tenantId);

    const { sessionIds } = await changePassword(mara);

    expect(new Set(sessionIds)).toEqual(new Set([others.session.sessionId, there.session.sessionId]));
    for (const { session } of [others, there]) {
      expect(await refusalOf(identity.refresh(session.refreshToken))).toMatchObject({ code: 'refresh_token_invalid' });
    }
    await identity.refresh(mara.session.refreshToken);
    const revoked = await identity.client.listRevokedSessions(await identity.asService(), { since: undefined });
    expect(revoked.sessionIds).toEqual(expect.arrayContaining(sessionIds));
    expect(await mails.told(mara.user.id)).toEqual([{ change: 'password_changed', email: mara.email }]);
    for (const { tenantId } of [mara, elsewhere]) {
      expect((await people.securityLogOf(tenantId)).map(({ kind }) => kind)).toContain('password.changed');
    }
    const tenantId = mara.tenantId;
    await expect(identity.logIn(mara.email, { tenantId, password: newPassword })).resolves.toBeDefined();
    expect(await refusalOf(identity.logIn(mara.email, { tenantId }))).toMatchObject({ code: 'invalid_credentials' });
  });

  it('needs the present one, and counts wrong ones like failed log-ins', async () => {
    const mara = await people.owner();
    for (let time = 0; time < 10; time += 1) {
      expect(await refusalOf(changePassword(mara, 'wrong'))).toMatchObject({
        kind: 'unauthenticated',
        code: 'invalid_credentials',
      });
    }

    expect(await refusalOf(changePassword(mara))).toMatchObject({ code: 'too_many_attempts' });
    await expect(identity.logIn(mara.email)).resolves.toBeDefined();
  });

  it.each([
    ['short', 'password_too_short'],
    ['qwertyuiop', 'password_too_common'],
    ['Mara Lind', 'password_personal'],
  ])('to %s is refused', async (chosen, code) => {
    const mara = await people.owner();

    expect(await fieldsOf(changePassword(mara, password, chosen))).toMatchObject([{ field: 'new_password', code }]);
    await expect(identity.logIn(mara.email)).resolves.toBeDefined();
  });

  it('to the own address is refused', async () => {
    const mara = await people.owner();

    expect(await fieldsOf(changePassword(mara, password, mara.email))).toMatchObject([{ code: 'password_personal' }]);
  });

  it('has one effect per idempotency key, though the first effect makes the present password a wrong one', async () => {
    const mara = await people.owner();
    const keyed = { ...mara, context: { ...mara.context, idempotencyKey: randomUUID() } };

    const answers = await Promise.all(Array.from({ length: 4 }, () => changePassword(keyed)));
    // More often than guesses are let through.
    for (let time = 0; time < 12; time += 1) answers.push(await changePassword(keyed));

    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(await mails.told(mara.user.id)).toHaveLength(1);
    expect(await refusalOf(changePassword(keyed, password, 'another password'))).toMatchObject({
      code: 'idempotency_key_reused',
    });
    // None of these were guesses.
    await changePassword(mara, newPassword, 'another password');
  });

  it('of two who change it at once succeeds for one', async () => {
    const mara = await people.owner();

    const outcomes = await Promise.allSettled(
      ['first new password', 'second new password'].map((chosen) => changePassword(mara, password, chosen)),
    );

    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('leaves no session to whoever signed in with the old one at that moment', async () => {
    const mara = await people.owner();
    const signIns = Array.from({ length: 6 }, (_, index) =>
      identity.logIn(mara.email, { clientAddress: `203.0.113.${index}` }),
    );

    const [, ...sessions] = await Promise.allSettled([changePassword(mara), ...signIns]);

    for (const outcome of sessions) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'invalid_credentials' });
      else {
        const { refreshToken } = outcome.value.session!;
        expect(await refusalOf(identity.refresh(refreshToken))).toMatchObject({ code: 'refresh_token_invalid' });
      }
    }
  });

  it('lets nobody in whose password was right when it was checked and is another one when the session opens', async () => {
    const mara = await people.owner();
    const admin = new pg.Client({ connectionString: identity.database.adminUrl });
    await admin.connect();
    await admin.query('begin');
    await admin.query('select 1 from identity.users where id = $1 for update', [mara.user.id]);

    const signingIn = refusalOf(identity.logIn(mara.email));
    await identity.untilWaiting();
    await admin.query("update identity.users set password_hash = 'another' where id = $1", [mara.user.id]);
    await admin.query('commit');
    await admin.end();

    expect(await signingIn).toMatchObject({ kind: 'unauthenticated', code: 'invalid_credentials' });
  });

  it('is not for whoever proved who they are long ago', async () => {
    const mara = await people.owner();
    aheadMs = -1_000_000;
    const stale = await people.signIn(mara.email, mara.tenantId).finally(() => {
      aheadMs = 0;
    });

    expect(await refusalOf(changePassword(stale))).toMatchObject({ code: 'fresh_login_required' });
  });
});

describe('asking for a new password', () => {
  it('mails a token to whoever has the address, in the name of the tenant they used last', async () => {
    const mara = await people.owner();
    const elsewhere = await people.owner();
    await people.member(elsewhere.tenantId, 'member', { email: mara.email });

    const token = await resetToken(mara);

    expect(token).toMatch(/^[\w-]{43}$/);
    const [mail] = await mails.about(mara.user.id, requested);
    expect(mail).toMatchObject({ tenantId: elsewhere.tenantId, data: { email: mara.email, firstName: 'Mara' } });
  });

  it('is answered alike for strangers, who are sent nothing', async () => {
    const mara = await people.owner();
    const answers = [await ask(mara.email), await ask('stranger@acme.example')];
    await jobsDone();

    expect(answers).toEqual([{ replayed: false }, { replayed: false }]);
    const asked = await identity.query(
      "select 1 from identity.outbox where type like '%password_reset%' and envelope::text like '%stranger@%'",
    );
    expect(asked).toEqual([]);
  });

  it('more often than is good for a mailbox is answered alike, and nothing is sent', async () => {
    const mara = await people.owner();
    for (let time = 0; time < 7; time += 1) expect(await ask(mara.email)).toEqual({ replayed: false });
    await jobsDone();

    expect((await mails.tokens(mara.user.id, requested)).length).toBe(5);
  });

  it('for many from one place is answered alike, and nothing is sent any more', async () => {
    const here = somewhere();
    for (let index = 0; index < 30; index += 1) await ask(`n${index}@acme.example`, here);
    const mara = await people.owner();

    await ask(mara.email, here);
    await jobsDone();

    expect(await mails.about(mara.user.id, requested)).toEqual([]);
  });

  it('has one effect per idempotency key', async () => {
    const mara = await people.owner();
    const keyed = { ...somewhere(), idempotencyKey: randomUUID() };

    const answers = [await ask(mara.email, keyed), await ask(mara.email, keyed)];
    await jobsDone();

    expect(answers.map(({ replayed }) => replayed)).toEqual([false, true]);
    expect(await mails.about(mara.user.id, requested)).toHaveLength(1);
  });

  it('mails one token for a request, however often its job runs', async () => {
    const mara = await people.owner();
    await ask(mara.email);
    await eventually(async () => expect(await mails.about(mara.user.id, requested)).toHaveLength(1));
    const token = await mails.lastToken(mara.user.id, requested);
    const [mail] = await mails.about(mara.user.id, requested);
    const box = createSecretBox(identity.config.encryptionKeys, 'identity');
    const requestId = mail!.data.requestId!;
    const sealedEmail = box.seal(mara.email, `password reset ${requestId}`).toString('base64');

    await identity.query("select identity_jobs.add_job('mail_password_reset', $1::json)", [
      JSON.stringify({ request_id: requestId, sealed_email: sealedEmail }),
    ]);
    await jobsDone();

    expect(await mails.about(mara.user.id, requested)).toHaveLength(1);
    await reset(token);
  });
});

describe('setting a new password with a mailed token', () => {
  it('closes all sessions, verifies the address and ends the wait for whoever was throttled', async () => {
    const mara = await people.owner();
    const place = { clientAddress: '198.51.100.250' };
    const here = { ...anonymousContext(), client: { address: place.clientAddress, userAgent: '' } };
    for (let time = 0; time < 10; time += 1)
      await refusalOf(identity.logIn(mara.email, { ...place, password: 'wrong' }));
    expect(await refusalOf(identity.logIn(mara.email, place))).toMatchObject({ code: 'too_many_attempts' });
    const token = await resetToken(mara);

    const { sessionIds } = await reset(token, here);

    expect(sessionIds).toEqual([mara.session.sessionId]);
    expect(await refusalOf(identity.refresh(mara.session.refreshToken))).toMatchObject({
      code: 'refresh_token_invalid',
    });
    const { user } = await identity.logIn(mara.email, { ...place, password: newPassword });
    expect(user).toMatchObject({ emailVerified: true });
    expect(await mails.told(mara.user.id)).toEqual([{ change: 'password_reset', email: mara.email }]);
    const entry = (await people.securityLogOf(mara.tenantId)).find(({ kind }) => kind === 'password.reset');
    expect(entry).toMatchObject({ actor_id: mara.user.id, user_id: mara.user.id });
  });

  it('works once, however many present a token at once, and again for the same idempotency key', async () => {
    const [mara, ida] = [await people.owner(), await people.owner()];
    const token = await resetToken(mara);
    const idas = await resetToken(ida);
    const keyed = { ...somewhere(), idempotencyKey: randomUUID() };

    const outcomes = await Promise.allSettled(
      Array.from({ length: 6 }, (_, index) => reset(token, somewhere(), `new password ${index}`)),
    );
    const answers = [await reset(idas, keyed), await reset(idas, keyed)];

    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await refusalOf(reset(token))).toMatchObject({ kind: 'invalid', code: 'one_time_token_invalid' });
    expect(answers.map(({ replayed }) => replayed)).toEqual([false, true]);
  });

  it('is refused after an hour, with an older token, with one for an address, and after another change', async () => {
    const mara = await people.owner();
    const older = await resetToken(mara);
    const token = await resetToken(mara);
    const verification = await mails.lastToken(mara.user.id, 'email_verification.requested');
    for (const wrong of [older, verification, 'x']) {
      expect(await refusalOf(reset(wrong))).toMatchObject({ code: 'one_time_token_invalid' });
    }
    aheadMs = 3_601_000;
    const late = await refusalOf(reset(token)).finally(() => {
      aheadMs = 0;
    });
    await changePassword(mara);

    expect(late).toMatchObject({ code: 'one_time_token_invalid' });
    expect(await refusalOf(reset(token))).toMatchObject({ code: 'one_time_token_invalid' });
    await expect(identity.logIn(mara.email, { password: newPassword })).resolves.toBeDefined();
  });

  it('keeps the token for a better password', async () => {
    const mara = await people.owner();
    const token = await resetToken(mara);

    expect(await fieldsOf(reset(token, somewhere(), mara.email))).toMatchObject([{ code: 'password_personal' }]);
    expect(await fieldsOf(reset(token, somewhere(), '12345678'))).toMatchObject([{ code: 'password_too_common' }]);
    await reset(token);
  });
});
