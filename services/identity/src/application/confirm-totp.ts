import { identity as contract } from '@outlay/contracts';
import { type CallerContext, conflict } from '@outlay/platform';
import type { User } from '../domain/person.ts';
import { hashRecoveryCode, newRecoveryCodes, readCode } from '../domain/totp.ts';
import type { IdentitySession } from '../store/database.ts';
import { enableTotp, replaceRecoveryCodes } from '../store/second-factors.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { findPerson, lockPerson } from './lock-person.ts';
import { once } from './once.ts';
import { createOwnProof } from './prove-oneself.ts';
import { wrongCode } from './prove-second-factor.ts';
import { noteCredentials } from './tell-tenants.ts';

/**
 * Switches the second factor on with a first code of the authenticator, and answers ten recovery codes, which are kept
 * as hashes alone. Emits credentials.changed. Honours the idempotency key. Throws conflict `totp_enabled` and
 * `totp_not_enrolled`, unauthenticated `invalid_credentials` for a wrong code, rate_limited `too_many_attempts`.
 */
export function createConfirmTotp(dependencies: IdentityDependencies) {
  const { database, secrets, secondFactor, clock } = dependencies;
  const proof = createOwnProof(dependencies);

  return async (context: CallerContext, command: { code: string }): Promise<contract.ConfirmTotpResponse> => {
    const userId = context.actor.id;
    const asked = { operation: 'ConfirmTotp', request: command, codec: contract.ConfirmTotpResponse };
    const transact = () =>
      database.withGlobal((session) =>
        once(secrets, session, context, asked, async () => {
          const person = await lockPerson(session, userId);
          const { user, sealedTotpSecret } = person;
          if (user.totpEnabled) throw conflict('totp_enabled', 'The second factor is on already');
          if (!sealedTotpSecret) throw conflict('totp_not_enrolled', 'There is no secret to confirm');
          const at = clock();
          const isTotp = readCode(command.code).kind === 'totp';
          if (!isTotp || !(await secondFactor.take(session, person, command.code, at))) throw wrongCode();
          await enableTotp(session, userId, at);
          const recoveryCodes = await renewCodes(session, user, at);
          await noteCredentials(session, context, user, { kind: 'totp.enabled', change: 'totp_enabled', at });
          return { recoveryCodes, replayed: false };
        }),
      );
    const { answer, replayed } = await proof.code(context, await findPerson(database, userId), transact);
    return { ...answer, replayed };
  };
}

/** New recovery codes in the place of the present ones. */
export async function renewCodes(session: IdentitySession, user: User, at: Date): Promise<string[]> {
  const codes = newRecoveryCodes();
  const hashes = codes.map((code) => hashRecoveryCode(user.id, code.replaceAll('-', '')));
  await replaceRecoveryCodes(session, { userId: user.id, hashes, createdAt: at });
  return codes;
}
