import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { anonymousContext } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { authenticatorOf, withAuthenticator } from './driver/authenticator.ts';
import { mailsOf } from './driver/mails.ts';
import { peopleOf } from './driver/people.ts';
import { password, refusalOf, startIdentity, type TestIdentity } from './driver/start-identity.ts';

// A clock that stands in the middle of a step: no code grows old between its making and its use.
const now = Math.floor(Date.now() / 30_000) * 30_000 + 15_000;
let identity: TestIdentity;
let people: ReturnType<typeof peopleOf>;
let mails: ReturnType<typeof mailsOf>;
beforeAll(async () => {
  identity = await startIdentity({ overrides: { clock: () => new Date(now) } });
  people = peopleOf(identity);
  mails = mailsOf(identity);
});
afterAll(() => identity.stop());

type Signed = Awaited<ReturnType<typeof people.owner>>;

/** An owner whose address is verified. */
const verified = async () => {
  const mara = await people.owner();
  await people.verify(mara);
  return mara;
};
const enable = (mara: Signed) => withAuthenticator(identity, mara, () => now);
/** Sets another password with a mailed token. */
const resetPassword = async (mara: Signed) => {
  const requested = 'password_reset.requested';
  await identity.client.requestPasswordReset(anonymousContext(), { email: mara.email });
  await eventually(async () => expect(await mails.about(mara.user.id, requested)).toHaveLength(1));
  const token = await mails.lastToken(mara.user.id, requested);
  await identity.client.resetPassword(anonymousContext(), { token, newPassword: 'another password' });
};
const kinds = async (tenantId: string) => (await people.securityLogOf(tenantId)).map(({ kind }) => kind);
const enabled = async ({ context }: Signed) => (await identity.client.getMe(context, {})).user!.totpEnabled;
const succeeded = <T>(outcomes: PromiseSettledResult<T>[]) => outcomes.filter(({ status }) => status === 'fulfilled');

describe('switching the second factor on', () => {
  it('takes a secret and a first code, and answers ten recovery codes', async () => {
    const mara = await verified();

    const { secret, otpauthUrl } = await identity.client.enrollTotp(mara.context, {});
    expect(await enabled(mara)).toBe(false);
    const code = authenticatorOf(secret, () => now).code();
    const { recoveryCodes } = await identity.client.confirmTotp(mara.context, { code });

    expect(new URL(otpauthUrl).searchParams.get('secret')).toBe(secret);
    expect(new Set(recoveryCodes).size).toBe(10);
    expect(await enabled(mara)).toBe(true);
    expect(await mails.told(mara.user.id)).toEqual([{ change: 'totp_enabled', email: mara.email }]);
    expect(await kinds(mara.tenantId)).toContain('totp.enabled');
  });

  it('keeps the secret sealed and the recovery codes as hashes', async () => {
    const mara = await verified();
    const { secret, recoveryCodes } = await enable(mara);

    const [user] = await identity.query<{ totp_secret: Buffer }>(
      'select totp_secret from identity.users where id = $1',
      [mara.user.id],
    );
    const codes = await identity.query('select code_hash from identity.recovery_codes where user_id = $1', [
      mara.user.id,
    ]);

    expect(user!.totp_secret.toString('latin1')).not.toContain(secret);
    expect(codes).toHaveLength(10);
    expect(JSON.stringify(codes)).not.toContain(recoveryCodes[0]!);
  });

  it('does not count before it is confirmed, and a new secret takes the place of one that was not', async () => {
    const mara = await verified();
    const first = authenticatorOf((await identity.client.enrollTotp(mara.context, {})).secret, () => now);
    await expect(identity.logIn(mara.email)).resolves.toBeDefined();

    const second = authenticatorOf((await identity.client.enrollTotp(mara.context, {})).secret, () => now);

    const stale = identity.client.confirmTotp(mara.context, { code: first.code() });
    expect(await refusalOf(stale)).toMatchObject({ kind: 'unauthenticated', code: 'invalid_credentials' });
    await identity.client.confirmTotp(mara.context, { code: second.code() });
  });

  it('needs a verified address', async () => {
    const mara = await people.owner();

    const early = await refusalOf(identity.client.enrollTotp(mara.context, {}));
    const token = await mails.lastToken(mara.user.id, 'email_verification.requested');
    await identity.client.verifyEmail(anonymousContext(), { token });

    expect(early).toMatchObject({ kind: 'forbidden', code: 'email_not_verified' });
    await expect(identity.client.enrollTotp(mara.context, {})).resolves.toBeDefined();
  });

  it('is refused without a secret, with a wrong code, and when it is on', async () => {
    const mara = await verified();
    const confirm = (code: string) => refusalOf(identity.client.confirmTotp(mara.context, { code }));
    expect(await confirm('123456')).toMatchObject({ kind: 'conflict', code: 'totp_not_enrolled' });
    const authenticator = await enable(mara);

    expect(await confirm(authenticator.code())).toMatchObject({ code: 'totp_enabled' });
    expect(await refusalOf(identity.client.enrollTotp(mara.context, {}))).toMatchObject({ code: 'totp_enabled' });
  });

  it('has one effect per idempotency key, and shows secret and codes again to who has the key', async () => {
    const mara = await verified();
    const keyed = { ...mara.context, idempotencyKey: randomUUID() };
    const enrolments = [await identity.client.enrollTotp(keyed, {}), await identity.client.enrollTotp(keyed, {})];
    const code = authenticatorOf(enrolments[0]!.secret, () => now).code();
    const confirmations = [
      await identity.client.confirmTotp(keyed, { code }),
      await identity.client.confirmTotp(keyed, { code }),
    ];

    expect(enrolments[1]).toEqual({ ...enrolments[0], replayed: true });
    expect(confirmations[1]).toEqual({ ...confirmations[0], replayed: true });
  });
});

describe('signing in with a second factor', () => {
  it('needs a code, and says so only to who knows the password', async () => {
    const mara = await people.owner();
    const authenticator = await enable(mara);

    const without = await refusalOf(identity.logIn(mara.email));
    const guess = await refusalOf(identity.logIn(mara.email, { password: 'wrong' }));
    const guessWithCode = identity.logIn(mara.email, { password: 'wrong', code: authenticator.code() });

    expect(without).toMatchObject({ kind: 'unauthenticated', code: 'second_factor_required' });
    expect(guess).toMatchObject({ kind: 'unauthenticated', code: 'invalid_credentials' });
    expect(await refusalOf(guessWithCode)).toEqual(guess);
    const { user } = await identity.logIn(mara.email, { code: authenticator.code() });
    expect(user).toMatchObject({ id: mara.user.id, totpEnabled: true });
  });

  it('takes codes from one step before to one after, each once, and none from before one that was taken', async () => {
    const mara = await people.owner();
    const authenticator = await enable(mara);
    const logIn = (code: string) => identity.logIn(mara.email, { code });

    for (const stepsAway of [-2, 2]) {
      expect(await refusalOf(logIn(authenticator.code(stepsAway)))).toMatchObject({ code: 'invalid_credentials' });
    }
    await logIn(authenticator.code());
    for (const stepsAway of [0, -1]) {
      expect(await refusalOf(logIn(authenticator.code(stepsAway)))).toMatchObject({ code: 'invalid_credentials' });
    }
    await logIn(authenticator.code(1));
  });

  it('lets one in of any number who show one code at once', async () => {
    const mara = await people.owner();
    const { recoveryCodes, code } = await enable(mara);
    const logIn = (shown: string, index: number) =>
      identity.logIn(mara.email, { code: shown, clientAddress: `192.0.2.${index}` });

    const byCode = await Promise.allSettled(Array.from({ length: 8 }, (_, index) => logIn(code(), index)));
    const byRecovery = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) => logIn(recoveryCodes[0]!, index)),
    );

    expect(succeeded(byCode)).toHaveLength(1);
    expect(succeeded(byRecovery)).toHaveLength(1);
  });

  it('takes each recovery code once, however it is typed, and notes it', async () => {
    const mara = await people.owner();
    const { recoveryCodes } = await enable(mara);
    const typed = recoveryCodes[3]!.toUpperCase().replaceAll('-', ' ');

    await identity.logIn(mara.email, { code: typed });

    expect(await refusalOf(identity.logIn(mara.email, { code: recoveryCodes[3]! }))).toMatchObject({
      code: 'invalid_credentials',
    });
    await identity.logIn(mara.email, { code: recoveryCodes[4]! });
    expect((await kinds(mara.tenantId)).filter((kind) => kind === 'recovery_code.used')).toHaveLength(2);
  });

  it('counts a wrong code as a failure; no code is noted and not counted', async () => {
    const mara = await people.owner();
    const authenticator = await enable(mara);
    for (let time = 0; time < 12; time += 1) {
      expect(await refusalOf(identity.logIn(mara.email))).toMatchObject({ code: 'second_factor_required' });
    }
    for (let time = 0; time < 10; time += 1) {
      const wrong = identity.logIn(mara.email, { code: authenticator.code(5) });
      expect(await refusalOf(wrong)).toMatchObject({ code: 'invalid_credentials' });
    }

    const right = identity.logIn(mara.email, { code: authenticator.code() });

    expect(await refusalOf(right)).toMatchObject({ kind: 'rate_limited', code: 'too_many_attempts' });
    await identity.query("select identity_jobs.add_job('distribute_sign_in_failures')");
    const failuresWith = async (reason: string) => {
      const failed = (await people.securityLogOf(mara.tenantId)).filter(({ kind }) => kind === 'login.failed');
      return failed.filter(({ details }) => 'reason' in details && details.reason === reason).length;
    };
    await eventually(async () => expect(await failuresWith('wrong_code')).toBe(10));
    expect(await failuresWith('code_missing')).toBe(12);
  });

  it('lets nobody try codes from many places, nor with another password that was set by mail', async () => {
    const mara = await people.owner();
    const authenticator = await enable(mara);
    const guess = (place: number, given = password) =>
      refusalOf(
        identity.logIn(mara.email, {
          password: given,
          code: authenticator.code(5),
          clientAddress: `192.0.2.${place}`,
        }),
      );
    for (let place = 0; place < 30; place += 1) {
      expect(await guess(place)).toMatchObject({ code: 'invalid_credentials' });
    }

    expect(await guess(100)).toMatchObject({ code: 'too_many_attempts' });
    await resetPassword(mara);
    expect(await guess(101, 'another password')).toMatchObject({ code: 'too_many_attempts' });
    await identity.query("delete from identity.login_failures where key like 'login:code:%'");
    await identity.logIn(mara.email, { password: 'another password', code: authenticator.code() });
  });

  it('stays after a reset, unless that proves the address for the first time', async () => {
    const [mara, squatter] = [await people.owner(), await people.owner()];
    await enable(mara);
    const { recoveryCodes } = await enable(squatter);
    await people.verify(squatter, false);

    await resetPassword(mara);
    await resetPassword(squatter);

    const opened = { password: 'another password' };
    expect(await refusalOf(identity.logIn(mara.email, opened))).toMatchObject({ code: 'second_factor_required' });
    const { user } = await identity.logIn(squatter.email, opened);
    expect(user).toMatchObject({ emailVerified: true, totpEnabled: false });
    expect(recoveryCodes).toHaveLength(10);
    const left = await identity.query('select 1 from identity.recovery_codes where user_id = $1', [squatter.user.id]);
    expect(left).toEqual([]);
    const changes = (await mails.told(squatter.user.id)).map(({ change }) => change);
    expect(changes).toEqual(['totp_enabled', 'password_reset', 'totp_disabled']);
    expect(await kinds(squatter.tenantId)).toContain('totp.disabled');
  });

  it('asks for the code before it tells the tenants, and takes the same code for the one that is chosen', async () => {
    const mara = await people.owner();
    const elsewhere = await people.owner();
    await people.member(elsewhere.tenantId, 'member', { email: mara.email });
    const code = (await enable(mara)).code();

    expect(await refusalOf(identity.logIn(mara.email))).toMatchObject({ code: 'second_factor_required' });
    expect(await refusalOf(identity.logIn(mara.email, { code: '000000' }))).toMatchObject({
      code: 'invalid_credentials',
    });
    expect(await refusalOf(identity.logIn(mara.email, { code }))).toMatchObject({ code: 'tenant_required' });
    const { membership } = await identity.logIn(mara.email, { code, tenantId: elsewhere.tenantId });
    expect(membership?.tenantId).toBe(elsewhere.tenantId);
  });

  it('tells the tenants to nobody whose code was used before', async () => {
    const mara = await people.owner();
    const elsewhere = await people.owner();
    await people.member(elsewhere.tenantId, 'member', { email: mara.email });
    const { code, recoveryCodes } = await enable(mara);

    for (const shown of [code(), recoveryCodes[0]!]) {
      await identity.logIn(mara.email, { code: shown, tenantId: mara.tenantId });

      expect(await refusalOf(identity.logIn(mara.email, { code: shown }))).toMatchObject({
        code: 'invalid_credentials',
      });
    }
    expect(await refusalOf(identity.logIn(mara.email, { code: recoveryCodes[1]! }))).toMatchObject({
      code: 'tenant_required',
    });
  });

  it('is repeated for an idempotency key without another code', async () => {
    const mara = await people.owner();
    const code = (await enable(mara)).code();
    const { client } = identity;
    const request = { email: mara.email, password, tenantId: '', clientAddress: '192.0.2.1', code };
    const keyed = { ...mara.context, token: undefined, idempotencyKey: randomUUID() } as unknown as typeof mara.context;

    const answers = [await client.login(keyed, request), await client.login(keyed, request)];

    expect(answers[1]!.session).toEqual(answers[0]!.session);
    expect(answers.map(({ replayed }) => replayed)).toEqual([false, true]);
  });

  it('is needed to prove oneself again', async () => {
    const mara = await people.owner();
    const authenticator = await enable(mara);
    const prove = (code: string) => identity.client.reauthenticate(mara.context, { password, code });

    expect(await refusalOf(prove(''))).toMatchObject({ code: 'second_factor_required' });
    expect(await refusalOf(prove(authenticator.code(5)))).toMatchObject({ code: 'invalid_credentials' });
    await prove(authenticator.code());
    expect(await refusalOf(prove(authenticator.code()))).toMatchObject({ code: 'invalid_credentials' });
  });
});

describe('new recovery codes', () => {
  it('take the place of the present ones, for a code', async () => {
    const mara = await people.owner();
    const authenticator = await enable(mara);

    const { recoveryCodes } = await identity.client.renewRecoveryCodes(mara.context, { code: authenticator.code() });

    expect(recoveryCodes).toHaveLength(10);
    expect(await refusalOf(identity.logIn(mara.email, { code: authenticator.recoveryCodes[0]! }))).toMatchObject({
      code: 'invalid_credentials',
    });
    await identity.logIn(mara.email, { code: recoveryCodes[0]! });
    expect((await mails.told(mara.user.id)).at(-1)).toMatchObject({ change: 'recovery_codes_renewed' });
    expect(await kinds(mara.tenantId)).toContain('recovery_codes.renewed');
  });

  it('are not made for a wrong code, nor while the second factor is off', async () => {
    const [mara, ida] = [await people.owner(), await people.owner()];
    const authenticator = await enable(mara);
    const renew = ({ context }: Signed, code: string) =>
      refusalOf(identity.client.renewRecoveryCodes(context, { code }));

    expect(await renew(mara, authenticator.code(5))).toMatchObject({ code: 'invalid_credentials' });
    expect(await renew(ida, '123456')).toMatchObject({ kind: 'conflict', code: 'totp_not_enabled' });
    await identity.logIn(mara.email, { code: authenticator.recoveryCodes[0]! });
  });
});

describe('switching the second factor off', () => {
  it('takes a code or a recovery code, and forgets secret and recovery codes', async () => {
    const [mara, ida] = [await people.owner(), await people.owner()];
    const [hers, idas] = [await enable(mara), await enable(ida)];

    await identity.client.disableTotp(mara.context, { code: hers.code() });
    await identity.client.disableTotp(ida.context, { code: idas.recoveryCodes[9]! });

    for (const person of [mara, ida]) {
      expect(await enabled(person)).toBe(false);
      await expect(identity.logIn(person.email)).resolves.toBeDefined();
      expect((await mails.told(person.user.id)).at(-1)).toMatchObject({ change: 'totp_disabled' });
      expect(await kinds(person.tenantId)).toContain('totp.disabled');
      const left = await identity.query(
        `select 1 from identity.recovery_codes where user_id = $1
         union all select 1 from identity.users where id = $1 and totp_secret is not null`,
        [person.user.id],
      );
      expect(left).toEqual([]);
    }
  });

  it('is refused for a wrong code, and when it is off', async () => {
    const [mara, ida] = [await people.owner(), await people.owner()];
    const authenticator = await enable(mara);
    const disable = ({ context }: Signed, code: string) => refusalOf(identity.client.disableTotp(context, { code }));

    expect(await disable(mara, authenticator.code(5))).toMatchObject({ code: 'invalid_credentials' });
    expect(await disable(ida, authenticator.code())).toMatchObject({ code: 'totp_not_enabled' });
    expect(await enabled(mara)).toBe(true);
  });
});
