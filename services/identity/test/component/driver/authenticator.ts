import { Secret, TOTP } from 'otpauth';
import { peopleOf } from './people.ts';
import type { TestIdentity } from './start-identity.ts';

type Signed = Awaited<ReturnType<ReturnType<typeof peopleOf>['owner']>>;

/** The app on a person's phone. */
export interface Authenticator {
  secret: string;
  /** A code of the present step, or of one so many steps away. */
  code(stepsAway?: number): string;
}

export function authenticatorOf(secret: string, now: () => number = Date.now): Authenticator {
  const totp = new TOTP({ secret: Secret.fromBase32(secret) });
  return { secret, code: (stepsAway = 0) => totp.generate({ timestamp: now() + stepsAway * 30_000 }) };
}

/**
 * Verifies the address of a person and switches their second factor on, with the code of the step before, so that those of the present and the next
 * step are unused. The clock is the service's.
 */
export async function withAuthenticator(identity: TestIdentity, mara: Signed, now: () => number = Date.now) {
  await peopleOf(identity).verify(mara);
  const { secret } = await identity.client.enrollTotp(mara.context, {});
  const authenticator = authenticatorOf(secret, now);
  const { recoveryCodes } = await identity.client.confirmTotp(mara.context, { code: authenticator.code(-1) });
  return { ...authenticator, recoveryCodes };
}
