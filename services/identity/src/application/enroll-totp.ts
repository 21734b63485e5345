import { identity as contract } from '@outlay/contracts';
import { type CallerContext, conflict, forbidden } from '@outlay/platform';
import { newTotpSecret, otpauthUrl } from '../domain/totp.ts';
import { enrollTotp } from '../store/second-factors.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { lockPerson } from './lock-person.ts';
import { once } from './once.ts';

/**
 * Makes a TOTP secret for the caller, in the place of one that was not confirmed; it counts once it is. The address has to
 * be verified, or whoever registers a stranger's address would keep the stranger out. Honours the idempotency key. Throws
 * conflict `totp_enabled`, forbidden `email_not_verified`.
 */
export function createEnrollTotp({ database, secrets, secondFactor, clock }: IdentityDependencies) {
  return async (context: CallerContext): Promise<contract.EnrollTotpResponse> => {
    const asked = { operation: 'EnrollTotp', request: {}, codec: contract.EnrollTotpResponse };
    const { answer, replayed } = await database.withGlobal((session) =>
      once(secrets, session, context, asked, async () => {
        const { user } = await lockPerson(session, context.actor.id);
        if (user.totpEnabled) throw conflict('totp_enabled', 'The second factor is on; switch it off first');
        if (!user.emailVerified) throw forbidden('email_not_verified', 'Verify your e-mail address first');
        const secret = newTotpSecret();
        const sealedSecret = secondFactor.seal(user.id, secret);
        await enrollTotp(session, { userId: user.id, sealedSecret, at: clock() });
        return { secret, otpauthUrl: otpauthUrl(secret, user.email), replayed: false };
      }),
    );
    return { ...answer, replayed };
  };
}
