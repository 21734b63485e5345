import { identity as contract } from '@outlay/contracts';
import { type CallerContext, conflict } from '@outlay/platform';
import { renewCodes } from './confirm-totp.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { findPerson, lockPerson } from './lock-person.ts';
import { once } from './once.ts';
import { createOwnProof } from './prove-oneself.ts';
import { noteFactor, proveSecondFactor } from './prove-second-factor.ts';
import { noteCredentials } from './tell-tenants.ts';

/**
 * Replaces the caller's recovery codes, for a code of the authenticator or one of them. Emits credentials.changed.
 * Honours the idempotency key. Throws conflict `totp_not_enabled`, unauthenticated `invalid_credentials`, rate_limited
 * `too_many_attempts`.
 */
export function createRenewRecoveryCodes(dependencies: IdentityDependencies) {
  const { database, secrets, clock } = dependencies;
  const proof = createOwnProof(dependencies);

  return async (context: CallerContext, command: { code: string }): Promise<contract.RenewRecoveryCodesResponse> => {
    const userId = context.actor.id;
    const asked = { operation: 'RenewRecoveryCodes', request: command, codec: contract.RenewRecoveryCodesResponse };
    const transact = () =>
      database.withGlobal((session) =>
        once(secrets, session, context, asked, async () => {
          const person = await lockPerson(session, userId);
          if (!person.user.totpEnabled) throw totpNotEnabled();
          const factor = await proveSecondFactor(dependencies, session, person, command.code);
          await noteFactor(session, context, userId, factor);
          const at = clock();
          const recoveryCodes = await renewCodes(session, person.user, at);
          const noted = { kind: 'recovery_codes.renewed', change: 'recovery_codes_renewed', at } as const;
          await noteCredentials(session, context, person.user, noted);
          return { recoveryCodes, replayed: false };
        }),
      );
    const { answer, replayed } = await proof.code(context, await findPerson(database, userId), transact);
    return { ...answer, replayed };
  };
}

export function totpNotEnabled() {
  return conflict('totp_not_enabled', 'The second factor is off');
}
