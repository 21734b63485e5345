import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { anonymousContext, type CallerContext, createLogger } from '@outlay/platform';
import { eventually } from '@outlay/testkit';
import { withAuthenticator } from './driver/authenticator.ts';
import { mailsOf } from './driver/mails.ts';
import { newEmail, peopleOf } from './driver/people.ts';
import { refusalOf, startIdentity, type TestIdentity } from './driver/start-identity.ts';

const lines: string[] = [];
let identity: TestIdentity;
beforeAll(async () => {
  const logger = createLogger({ service: 'identity', level: 'debug' }, { write: (line) => void lines.push(line) });
  identity = await startIdentity({ overrides: { logger } });
});
afterAll(() => identity.stop());

/** A request as an edge sends it, that may be repeated. */
const keyed = (context: CallerContext): CallerContext => ({
  ...context,
  idempotencyKey: randomUUID(),
  client: { address: '192.0.2.1', userAgent: 'test' },
});

/** Does all that can be done with credentials, well and badly, and answers every secret that was about. */
async function useEverySecret(): Promise<Record<string, string>> {
  const [people, mails] = [peopleOf(identity), mailsOf(identity)];
  const { client } = identity;
  const passwords = ['canary-first-9d1', 'canary-second-4e2', 'canary-third-7f3'] as const;
  const wrong = 'canary-wrong-2a4';
  const [first, second, third] = passwords;
  const { email, user, tenantId } = await identity.createOwner({ password: first });
  const opened = await identity.logIn(email, { password: first });
  const context = keyed({ ...anonymousContext(), token: opened.session!.accessToken });
  const mara = { context, user: user, email, tenantId } as unknown as Awaited<ReturnType<typeof people.owner>>;

  await identity.logIn(email, { password: first });
  await refusalOf(identity.logIn(email, { password: wrong }));
  const verification = await mails.lastToken(user.id, 'email_verification.requested');
  await client.verifyEmail(keyed(anonymousContext()), { token: verification });
  await refusalOf(client.verifyEmail(keyed(anonymousContext()), { token: verification }));
  await client.changeEmail(keyed(context), { newEmail: newEmail(), password: first });
  await refusalOf(client.changeEmail(keyed(context), { newEmail: newEmail(), password: wrong }));
  await refusalOf(client.changePassword(keyed(context), { currentPassword: wrong, newPassword: second }));
  await client.changePassword(keyed(context), { currentPassword: first, newPassword: second });
  await client.requestPasswordReset(keyed(anonymousContext()), { email });
  const requested = 'password_reset.requested';
  await eventually(async () => expect(await mails.about(user.id, requested)).toHaveLength(1));
  const reset = await mails.lastToken(user.id, requested);
  const change = await mails.lastToken(user.id, 'email_verification.requested');

  const { secret, code, recoveryCodes } = await withAuthenticator(identity, mara);
  const spent = code(-1);
  await refusalOf(identity.logIn(email, { password: second, code: spent }));
  await identity.logIn(email, { password: second, code: recoveryCodes[0]! });
  const renewed = await client.renewRecoveryCodes(keyed(context), { code: recoveryCodes[1]! });
  await client.resetPassword(keyed(anonymousContext()), { token: reset, newPassword: third });
  await refusalOf(client.resetPassword(keyed(anonymousContext()), { token: reset, newPassword: wrong }));
  await refusalOf(client.eraseMe(keyed(context), { password: third, code: spent }));
  const enrolling = await people.owner();
  await people.verify(enrolling);
  const enrolled = await client.enrollTotp(keyed(enrolling.context), {});

  const codes = [...recoveryCodes, ...renewed.recoveryCodes];
  return {
    ...Object.fromEntries([...passwords, wrong].map((password) => [`password ${password}`, password])),
    ...Object.fromEntries(codes.map((one, index) => [`recovery code ${index}`, one])),
    ...Object.fromEntries(codes.map((one, index) => [`bare recovery code ${index}`, one.replaceAll('-', '')])),
    'verification token': verification,
    'token of a change': change,
    'reset token': reset,
    'authenticator secret': secret,
    'other secret': enrolled.secret,
    'access token': opened.session!.accessToken,
    'refresh token': opened.session!.refreshToken,
  };
}

/** All rows of all tables, as the administrator sees them; bytes both as hex and as the text they may be. */
async function everyRow(): Promise<string> {
  const tables = await identity.query<{ name: string }>(
    `select quote_ident(table_schema) || '.' || quote_ident(table_name) as name from information_schema.tables
     where table_schema like 'identity%' and table_type = 'BASE TABLE'`,
  );
  const contents = await Promise.all(
    tables.map(({ name }) =>
      identity.query<{ text: string }>(
        `select coalesce(string_agg(row::text, e'\\n'), '') as text from ${name} as row`,
      ),
    ),
  );
  return contents.map(([row]) => row!.text).join('\n');
}

describe('No secret of a person', () => {
  it('is in any log line or any row, in the clear, as hex or as base64', async () => {
    const secrets = await useEverySecret();
    const [log, rows] = [lines.join('\n'), await everyRow()];

    // The log and the rows are those of the run.
    expect(log).toContain('ChangePassword');
    expect(rows).toContain('password_changed');
    for (const [what, secret] of Object.entries(secrets)) {
      const spellings = [secret, ...(['hex', 'base64', 'base64url'] as const).map((to) => bare(secret, to))];
      for (const text of spellings) {
        expect([what, log.includes(text)]).toEqual([what, false]);
        expect([what, rows.includes(text)]).toEqual([what, false]);
      }
    }
  });
});

function bare(secret: string, encoding: BufferEncoding): string {
  return Buffer.from(secret).toString(encoding).replace(/=+$/, '');
}
