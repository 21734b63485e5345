import { identity as contract } from '@outlay/contracts';
import type { CallerContext } from '@outlay/platform';
import { resetUserPassword } from '../store/change-user.ts';
import { endTakeoverTokens, findOneTimeToken, useOneTimeToken } from '../store/one-time-tokens.ts';
import { disableTotp } from '../store/second-factors.ts';
import { assertGoodPassword } from './assert-good-password.ts';
import { closeSessions } from './close-sessions.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { findPerson, lockPerson } from './lock-person.ts';
import { hashMailToken, tokenInvalid } from './mail-token.ts';
import { onceAfter } from './once-after.ts';
import { noteCredentials, provedBy } from './tell-tenants.ts';

/**
 * Sets a new password with a mailed token, which proves the address as well, closes all sessions and forgets the failed
 * log-ins of the account, except for wrong codes. The second factor stays as it is, unless the address is proved for the
 * first time: whoever switched it on had not proved it. Emits credentials.changed and session.revoked. Honours the
 * idempotency key. Throws invalid `one_time_token_invalid`, and for a password that is not good enough.
 */
export function createResetPassword(dependencies: IdentityDependencies) {
  const { database, passwords, throttle, revocations, clock } = dependencies;

  return async (
    context: CallerContext,
    command: { token: string; newPassword: string },
  ): Promise<contract.ResetPasswordResponse> => {
    const hash = hashMailToken(command.token);
    let email: string | undefined;
    const { answer, replayed } = await onceAfter(
      dependencies,
      context,
      {
        // Of strangers nobody is bound by a key that another one chose.
        operation: `ResetPassword ${hash.toString('base64url')}`,
        request: command,
        codec: contract.ResetPasswordResponse,
      },
      async () => {
        const token = await database.withGlobal((session) => findOneTimeToken(session, hash, clock()));
        if (token?.purpose !== 'password_reset') throw tokenInvalid();
        const person = await findPerson(database, token.userId);
        assertGoodPassword('new_password', command.newPassword, person.user);
        return { userId: token.userId, passwordHash: await passwords.hash(command.newPassword) };
      },
      async (session, { userId, passwordHash }) => {
        const { user: before } = await lockPerson(session, userId);
        const at = clock();
        if (!(await useOneTimeToken(session, hash, at))) throw tokenInvalid();
        if (!before.emailVerified) await disableTotp(session, userId, at);
        const user = await resetUserPassword(session, { userId, passwordHash, at });
        await endTakeoverTokens(session, userId, at);
        const holder = provedBy(context, userId);
        const closing = { userId, reason: 'password_reset' as const, revokedAt: at };
        const sessionIds = await closeSessions(session, holder, closing);
        await noteCredentials(session, holder, user, { kind: 'password.reset', change: 'password_reset', at });
        if (before.totpEnabled && !before.emailVerified) {
          await noteCredentials(session, holder, user, { kind: 'totp.disabled', change: 'totp_disabled', at });
        }
        email = user.email;
        return { sessionIds, replayed: false };
      },
    );
    if (email) await throttle.forgetAccount({ email, clientAddress: context.client?.address ?? '' });
    await revocations.add(answer.sessionIds);
    return { ...answer, replayed };
  };
}
