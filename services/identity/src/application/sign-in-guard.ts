import { type CallerContext, type DomainError, isDomainError, newId, unauthenticated } from '@outlay/platform';
import { type FailureReason, insertSignInFailure } from '../store/sign-in-failures.ts';
import type { IdentityDependencies } from './dependencies.ts';

/** Who tries to prove who they are, and from where. */
export interface SignInAttempt {
  email: string;
  clientAddress: string;
  /** The tenant that is to be entered, where one is named. */
  tenantId: string | undefined;
}

/** What stands between a guess and an answer, wherever a password or a code is proved. */
export interface SignInGuard {
  /**
   * Whether the password is the one that was hashed; without a hash it takes as long and the answer is no. Throws
   * rate_limited `too_many_attempts`. What was wrong is counted.
   */
  provePassword(attempt: SignInAttempt, passwordHash: string | undefined, password: string): Promise<boolean>;
  /**
   * Notes a failure and answers what to throw, unauthenticated `invalid_credentials`: the very same work for a stranger,
   * a wrong password, a tenant the person does not belong to and a wrong code.
   */
  refuse(
    context: CallerContext,
    attempt: SignInAttempt,
    reason: Exclude<FailureReason, 'code_missing'>,
  ): Promise<DomainError>;
  /**
   * Runs work that uses up a code, and throws what it throws. A wrong code is counted once the work has ended: within it,
   * the count would be undone with it.
   */
  countWrongCode<T>(context: CallerContext, attempt: SignInAttempt, work: () => Promise<T>): Promise<T>;
  /** Notes that the right password came without the code that it needs. Nothing was guessed, so nothing is counted. */
  noteMissingCode(context: CallerContext, attempt: SignInAttempt): Promise<void>;
  /** Forgets the failures of this account from this address: its owner has proved everything. */
  admit(attempt: SignInAttempt): Promise<void>;
}

export function createSignInGuard({
  database,
  passwords,
  throttle,
  clock,
}: Pick<IdentityDependencies, 'database' | 'passwords' | 'throttle' | 'clock'>): SignInGuard {
  const note = (
    { client, requestId }: CallerContext,
    { email, clientAddress, tenantId }: SignInAttempt,
    reason: FailureReason,
  ): Promise<void> =>
    insertSignInFailure(database, {
      id: newId(),
      email,
      namedTenantId: tenantId,
      reason,
      clientAddress: client?.address ?? clientAddress,
      userAgent: client?.userAgent ?? '',
      requestId,
      attemptedAt: clock(),
    });

  async function refuse(
    context: CallerContext,
    attempt: SignInAttempt,
    reason: Exclude<FailureReason, 'code_missing'>,
  ): Promise<DomainError> {
    // A wrong password has been counted in its turn.
    if (reason === 'wrong_code') await throttle.recordWrongCode(attempt);
    else if (reason !== 'wrong_password') await throttle.recordFailure(attempt);
    await note(context, attempt, reason);
    return unauthenticated('invalid_credentials', 'E-mail address or password is wrong');
  }

  return {
    async provePassword(attempt, passwordHash, password) {
      await throttle.admit(attempt);
      // Asked again in the turn, and counted before it ends: of a thousand guesses at once, most are past the first check.
      return passwords.inTurn(async (verify) => {
        await throttle.admit(attempt);
        const isRight = await verify(passwordHash, password);
        if (!isRight) await throttle.recordFailure(attempt);
        return isRight;
      });
    },

    refuse,

    async countWrongCode(context, attempt, work) {
      try {
        return await work();
      } catch (error) {
        if (isDomainError(error, 'unauthenticated') && error.code === 'invalid_credentials') {
          await refuse(context, attempt, 'wrong_code');
        }
        throw error;
      }
    },

    noteMissingCode: (context, attempt) => note(context, attempt, 'code_missing'),

    admit: (attempt) => throttle.recordSuccess(attempt),
  };
}
