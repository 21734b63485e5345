import { identity as contract } from '@outlay/contracts';
import type { CallerContext } from '@outlay/platform';
import { changeUserPassword } from '../store/change-user.ts';
import { endTakeoverTokens } from '../store/one-time-tokens.ts';
import { assertGoodPassword } from './assert-good-password.ts';
import { closeSessions } from './close-sessions.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { findPerson, lockPerson } from './lock-person.ts';
import { onceAfter } from './once-after.ts';
import { assertSamePassword, createOwnProof } from './prove-oneself.ts';
import { noteCredentials } from './tell-tenants.ts';

/**
 * Replaces the caller's password, closes their other sessions, and makes worthless what was mailed to reset it or to
 * change the address. Emits credentials.changed and session.revoked. Honours the idempotency key. Throws unauthenticated
 * `invalid_credentials`, rate_limited `too_many_attempts`, invalid for a password that is not good enough.
 */
export function createChangePassword(dependencies: IdentityDependencies) {
  const { database, passwords, revocations, clock } = dependencies;
  const proof = createOwnProof(dependencies);

  return async (
    context: CallerContext,
    command: { currentPassword: string; newPassword: string },
  ): Promise<contract.ChangePasswordResponse> => {
    const userId = context.actor.id;
    const { answer, replayed } = await onceAfter(
      dependencies,
      context,
      { operation: 'ChangePassword', request: command, codec: contract.ChangePasswordResponse },
      async () => {
        const person = await findPerson(database, userId);
        await proof.password(context, person, command.currentPassword);
        assertGoodPassword('new_password', command.newPassword, person.user);
        return { person, passwordHash: await passwords.hash(command.newPassword) };
      },
      async (session, { person, passwordHash }) => {
        assertSamePassword(await lockPerson(session, userId), person);
        const at = clock();
        const user = await changeUserPassword(session, { userId, passwordHash, at });
        await endTakeoverTokens(session, userId, at);
        const sessionIds = await closeSessions(session, context, {
          userId,
          reason: 'password_changed',
          revokedAt: at,
          exceptSessionId: context.sessionId,
        });
        await noteCredentials(session, context, user, { kind: 'password.changed', change: 'password_changed', at });
        return { sessionIds, replayed: false };
      },
    );
    await revocations.add(answer.sessionIds);
    return { ...answer, replayed };
  };
}
