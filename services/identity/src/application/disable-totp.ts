import type { identity as contract } from '@outlay/contracts';
import type { CallerContext } from '@outlay/platform';
import { disableTotp } from '../store/second-factors.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { findPerson, lockPerson } from './lock-person.ts';
import { once } from './once.ts';
import { createOwnProof } from './prove-oneself.ts';
import { noteFactor, proveSecondFactor } from './prove-second-factor.ts';
import { totpNotEnabled } from './renew-recovery-codes.ts';
import { noteCredentials } from './tell-tenants.ts';

/**
 * Switches the caller's second factor off, for a code of the authenticator or a recovery code, and forgets secret and
 * recovery codes. Emits credentials.changed. Honours the idempotency key. Throws conflict `totp_not_enabled`,
 * unauthenticated `invalid_credentials`, rate_limited `too_many_attempts`.
 */
export function createDisableTotp(dependencies: IdentityDependencies) {
  const { database, secrets, clock } = dependencies;
  const proof = createOwnProof(dependencies);

  return async (context: CallerContext, command: { code: string }): Promise<contract.DisableTotpResponse> => {
    const userId = context.actor.id;
    const transact = () =>
      database.withGlobal((session) =>
        once(secrets, session, context, { operation: 'DisableTotp', request: command }, async () => {
          const person = await lockPerson(session, userId);
          if (!person.user.totpEnabled) throw totpNotEnabled();
          const factor = await proveSecondFactor(dependencies, session, person, command.code);
          await noteFactor(session, context, userId, factor);
          const at = clock();
          await disableTotp(session, userId, at);
          await noteCredentials(session, context, person.user, { kind: 'totp.disabled', change: 'totp_disabled', at });
        }),
      );
    const { replayed } = await proof.code(context, await findPerson(database, userId), transact);
    return { replayed };
  };
}
