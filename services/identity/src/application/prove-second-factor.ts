import { type CallerContext, type DomainError, unauthenticated } from '@outlay/platform';
import type { Factor } from '../security/second-factor.ts';
import { type Credentials, findCredentials, lockCredentials } from '../store/credentials.ts';
import type { IdentitySession } from '../store/database.ts';
import { tenantsOfPerson } from '../store/tenants-of-person.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { recordSecurity } from './security-log.ts';

/**
 * Uses up a code of somebody whose second factor is on, in the session's transaction; answers undefined for somebody
 * who has none. Throws unauthenticated `second_factor_required` where no code was sent, `invalid_credentials` for a wrong
 * one, which the caller has to count once the transaction has ended. Lock the credentials for a change beforehand:
 * whoever only holds them and then uses up a code waits for others who do the same.
 */
export async function proveSecondFactor(
  { secondFactor, clock }: Pick<IdentityDependencies, 'secondFactor' | 'clock'>,
  session: Pick<IdentitySession, 'query'>,
  person: Pick<Credentials, 'user' | 'sealedTotpSecret'>,
  code: string,
): Promise<Factor | undefined> {
  if (!person.user.totpEnabled) return undefined;
  if (code === '') throw secondFactorRequired();
  const factor = await secondFactor.take(session, person, code, clock());
  if (!factor) throw wrongCode();
  return factor;
}

/** Somebody whose password was proved a moment ago. */
interface Proved {
  user: { id: string; totpEnabled: boolean };
  passwordHash: string;
}

/**
 * The last word on somebody who signs in, in the session's transaction and before it writes anything: the password that
 * was proved is still theirs, and so is the second factor, where it is on. Nobody changes either before the transaction
 * has ended, so that whoever does closes the new session too. Throws what `proveSecondFactor` throws, and unauthenticated
 * `invalid_credentials`. A recovery code leaves an entry in the security log of the person's tenants.
 */
export async function confirmProof(
  dependencies: Pick<IdentityDependencies, 'secondFactor' | 'clock'>,
  session: IdentitySession,
  context: CallerContext,
  proved: Proved,
  code: string,
): Promise<void> {
  const userId = proved.user.id;
  const person = await lockCredentials(session, userId, proved.user.totpEnabled ? 'change' : 'sign in');
  if (!person || person.erasedAt || person.passwordHash !== proved.passwordHash) {
    throw unauthenticated('invalid_credentials', 'E-mail address or password is wrong');
  }
  await noteFactor(session, context, userId, await proveSecondFactor(dependencies, session, person, code));
}

/** Leaves an entry in the security log of a person's tenants where it was a recovery code that proved them. */
export async function noteFactor(
  session: IdentitySession,
  context: CallerContext,
  userId: string,
  factor: Factor | undefined,
): Promise<void> {
  if (factor !== 'recovery_code') return;
  const tenants = await tenantsOfPerson(session, userId);
  const ids = tenants.map(({ tenantId }) => tenantId);
  await recordSecurity(session, context, ids, { kind: 'recovery_code.used', userId });
}

/**
 * Makes sure that a code is good, where one is needed, and leaves it so: for an answer that tells something and lets the
 * same code be sent again. Throws what `proveSecondFactor` throws.
 */
export async function assertSecondFactor(
  { database, secondFactor, clock }: Pick<IdentityDependencies, 'database' | 'secondFactor' | 'clock'>,
  { user }: Proved,
  code: string,
): Promise<void> {
  if (!user.totpEnabled) return;
  if (code === '') throw secondFactorRequired();
  const person = await findCredentials(database, user.id);
  const isGood =
    person && (await database.withGlobal((session) => secondFactor.isGood(session, person, code, clock())));
  if (!isGood) throw wrongCode();
}

function secondFactorRequired(): DomainError {
  return unauthenticated('second_factor_required', 'Send a code of the authenticator, or a recovery code, as well');
}

export function wrongCode(): DomainError {
  return unauthenticated('invalid_credentials', 'The code is wrong, or it was used before');
}
