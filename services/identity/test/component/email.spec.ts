import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { anonymousContext } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { mailsOf } from './driver/mails.ts';
import { newEmail, peopleOf } from './driver/people.ts';
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

const requested = 'email_verification.requested';
const verify = (token: string, context = anonymousContext()) => identity.client.verifyEmail(context, { token });
const userOf = async ({ context }: Signed) => (await identity.client.getMe(context, {})).user!;
const change = ({ context }: Signed, email: string, given = password) =>
  identity.client.changeEmail(context, { newEmail: email, password: given });
const kinds = async (tenantId: string) => (await people.securityLogOf(tenantId)).map(({ kind }) => kind);

describe('verifying an address', () => {
  it('is asked for on registration, and works without delay of log-in', async () => {
    const mara = await people.owner();
    expect(mara.user.emailVerified).toBe(false);
    const [mail] = await mails.about(mara.user.id, requested);
    expect(mail).toMatchObject({ tenantId: mara.tenantId, data: { email: mara.email, firstName: 'Mara' } });

    const answer = await verify(await mails.lastToken(mara.user.id, requested));

    expect(answer).toEqual({ email: mara.email, replayed: false });
    expect(await userOf(mara)).toMatchObject({ emailVerified: true, version: 2n });
    const [entry] = (await people.securityLogOf(mara.tenantId)).filter(({ kind }) => kind === 'email.verified');
    expect(entry).toMatchObject({ actor_kind: 'user', actor_id: mara.user.id, user_id: mara.user.id });
  });

  it('keeps the token as a hash, and mails it sealed', async () => {
    const mara = await people.owner();
    const token = await mails.lastToken(mara.user.id, requested);

    const rows = await identity.query<{ token_hash: Buffer }>(
      'select token_hash from identity.one_time_tokens where user_id = $1',
      [mara.user.id],
    );

    expect(token).toMatch(/^[\w-]{43}$/);
    expect(rows[0]!.token_hash.toString('base64url')).not.toBe(token);
    const [mail] = await mails.about(mara.user.id, requested);
    expect(JSON.stringify(mail)).not.toContain(token);
  });

  it('works once, however many present a token at once, and again for the same idempotency key', async () => {
    const mara = await people.owner();
    const token = await mails.lastToken(mara.user.id, requested);
    const keyed = { ...anonymousContext(), idempotencyKey: randomUUID() };

    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => verify(token)));
    const other = await people.owner();
    const othersToken = await mails.lastToken(other.user.id, requested);
    const [first, second] = [await verify(othersToken, keyed), await verify(othersToken, keyed)];

    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await refusalOf(verify(token))).toMatchObject({ kind: 'invalid', code: 'one_time_token_invalid' });
    expect([first.replayed, second.replayed, second.email]).toEqual([false, true, other.email]);
  });

  it('is not done by tokens that are unknown, misspelt, for something else or expired', async () => {
    const mara = await people.owner();
    const token = await mails.lastToken(mara.user.id, requested);
    for (const wrong of ['x', `${token}=`, token.slice(1), Buffer.alloc(32).toString('base64url')]) {
      expect(await refusalOf(verify(wrong))).toMatchObject({ code: 'one_time_token_invalid' });
    }
    aheadMs = 24 * 3_600_000 + 1_000;

    const late = await refusalOf(verify(token)).finally(() => {
      aheadMs = 0;
    });

    expect(late).toMatchObject({ code: 'one_time_token_invalid' });
    expect((await userOf(mara)).emailVerified).toBe(false);
  });

  it('is not done by a token that is for a new password, which stays good for that', async () => {
    const mara = await people.owner();
    await identity.client.requestPasswordReset(anonymousContext(), { email: mara.email });
    const forReset = 'password_reset.requested';
    await eventually(async () => expect(await mails.about(mara.user.id, forReset)).toHaveLength(1));
    const token = await mails.lastToken(mara.user.id, forReset);

    expect(await refusalOf(verify(token))).toMatchObject({ code: 'one_time_token_invalid' });

    expect((await userOf(mara)).emailVerified).toBe(false);
    const chosen = { token, newPassword: 'correct horse battery' };
    await expect(identity.client.resetPassword(anonymousContext(), chosen)).resolves.toBeDefined();
  });

  it('can be asked for again, which makes earlier tokens worthless, a few times an hour', async () => {
    const mara = await people.owner();
    const earlier = await mails.lastToken(mara.user.id, requested);
    const ask = () => identity.client.requestEmailVerification(mara.context, {});
    const keyed = { ...mara.context, idempotencyKey: randomUUID() };

    for (let time = 0; time < 3; time += 1) await identity.client.requestEmailVerification(keyed, {});
    for (let time = 0; time < 4; time += 1) await ask();

    expect(await mails.tokens(mara.user.id, requested)).toHaveLength(6);
    expect(await refusalOf(ask())).toMatchObject({ kind: 'rate_limited', code: 'too_many_mails' });
    expect(await refusalOf(verify(earlier))).toMatchObject({ code: 'one_time_token_invalid' });
    await verify(await mails.lastToken(mara.user.id, requested));
  });

  it('is still possible after the password was changed, unlike a change of address under way', async () => {
    const mara = await people.owner();
    const verification = await mails.lastToken(mara.user.id, requested);
    await change(mara, newEmail());
    const takeover = await mails.lastToken(mara.user.id, requested);

    const passwords = { currentPassword: password, newPassword: 'correct horse battery' };
    await identity.client.changePassword(mara.context, passwords);

    expect(await refusalOf(verify(takeover))).toMatchObject({ code: 'one_time_token_invalid' });
    expect(await verify(verification)).toMatchObject({ email: mara.email });
  });

  it('is not asked for twice, and not by somebody in whose name nobody can write', async () => {
    const mara = await people.owner();
    await verify(await mails.lastToken(mara.user.id, requested));

    const again = refusalOf(identity.client.requestEmailVerification(mara.context, {}));

    expect(await again).toMatchObject({ kind: 'conflict', code: 'email_already_verified' });
  });
});

describe('changing the address', () => {
  it('happens when the token is presented; sessions stay, and the address before is told', async () => {
    const mara = await people.owner();
    const elsewhere = await people.owner();
    await people.member(elsewhere.tenantId, 'member', { email: mara.email });
    const email = newEmail();

    await change(mara, email);

    expect((await userOf(mara)).email).toBe(mara.email);
    const mail = (await mails.about(mara.user.id, requested)).at(-1);
    expect(mail).toMatchObject({ tenantId: mara.tenantId, data: { email, isChange: true } });
    await verify(await mails.lastToken(mara.user.id, requested));
    expect(await userOf(mara)).toMatchObject({ email, emailVerified: true });
    await identity.refresh(mara.session.refreshToken);
    expect(await mails.told(mara.user.id)).toEqual([{ change: 'email_changed', email: mara.email }]);
    for (const { tenantId } of [mara, elsewhere]) {
      expect(await kinds(tenantId)).toContain('email.changed');
      expect((await people.eventsOf(tenantId, 'member.updated')).map(({ data }) => data.email)).toEqual([email]);
    }
    await expect(identity.logIn(email, { tenantId: mara.tenantId })).resolves.toBeDefined();
    const before = identity.logIn(mara.email, { tenantId: mara.tenantId });
    expect(await refusalOf(before)).toMatchObject({ code: 'invalid_credentials' });
  });

  it('makes worthless what was mailed to the address before', async () => {
    const mara = await people.owner();
    const verification = await mails.lastToken(mara.user.id, requested);
    await change(mara, newEmail());

    await verify(await mails.lastToken(mara.user.id, requested));

    expect(await refusalOf(verify(verification))).toMatchObject({ code: 'one_time_token_invalid' });
  });

  it('needs the password, and counts wrong ones like failed log-ins', async () => {
    const mara = await people.owner();
    for (let time = 0; time < 10; time += 1) {
      expect(await refusalOf(change(mara, newEmail(), 'wrong'))).toMatchObject({ code: 'invalid_credentials' });
    }

    expect(await refusalOf(change(mara, newEmail()))).toMatchObject({ code: 'too_many_attempts' });
    expect(await mails.about(mara.user.id, requested)).toHaveLength(1);
  });

  it('to an address that somebody has is refused, also when they take it in the meantime', async () => {
    const [mara, ida] = [await people.owner(), await people.owner()];
    expect(await refusalOf(change(mara, ida.email.toUpperCase()))).toMatchObject({ code: 'email_taken' });
    const email = newEmail();
    await change(mara, email);
    const token = await mails.lastToken(mara.user.id, requested);
    await change(ida, email);
    const hers = await mails.lastToken(ida.user.id, requested);

    const outcomes = await Promise.allSettled([verify(token), verify(hers)]);

    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const [refused] = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused!.reason).toMatchObject({ kind: 'conflict', code: 'email_taken' });
  });

  it('to the present one is no change, and nobody takes the name of those who were erased', async () => {
    const mara = await people.owner();

    expect(await refusalOf(change(mara, mara.email.toUpperCase()))).toMatchObject({ kind: 'invalid' });
    const erased = `erased-${mara.user.id}@erased.invalid`;
    expect(await refusalOf(change(mara, erased))).toMatchObject({ code: 'validation_failed' });
  });

  it('has one effect per idempotency key', async () => {
    const mara = await people.owner();
    const keyed = { ...mara, context: { ...mara.context, idempotencyKey: randomUUID() } };
    const email = newEmail();

    const answers = [await change(keyed, email), await change(keyed, email)];

    expect(answers.map(({ replayed }) => replayed)).toEqual([false, true]);
    expect(await mails.about(mara.user.id, requested)).toHaveLength(2);
  });
});
