import { type CallerContext, conflict } from '@outlay/platform';
import type { Credentials } from '../store/credentials.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { createSignInGuard, type SignInAttempt } from './sign-in-guard.ts';

type Needs = Pick<IdentityDependencies, 'database' | 'passwords' | 'throttle' | 'clock'>;

/** How somebody who is signed in proves once more who they are; failures count as failed log-ins. */
export interface OwnProof {
  /** Throws unauthenticated `invalid_credentials`, rate_limited `too_many_attempts`. */
  password(context: CallerContext, person: Credentials, password: string): Promise<void>;
  /** Runs a transaction that uses up a code, and counts a wrong one once it has ended. Throws `too_many_attempts`. */
  code<T>(context: CallerContext, person: Pick<Credentials, 'user'>, transact: () => Promise<T>): Promise<T>;
}

export function createOwnProof(dependencies: Needs): OwnProof {
  const guard = createSignInGuard(dependencies);
  return {
    async password(context, person, password) {
      const attempt = attemptOf(context, person);
      if (await guard.provePassword(attempt, person.passwordHash, password)) return;
      throw await guard.refuse(context, attempt, 'wrong_password');
    },

    async code(context, person, transact) {
      const attempt = attemptOf(context, person);
      await dependencies.throttle.admit(attempt);
      return guard.countWrongCode(context, attempt, transact);
    },
  };
}

/** Throws conflict `changed_meanwhile` where the password that was proved is not the present one any more. */
export function assertSamePassword(now: Credentials, proved: Credentials): void {
  if (now.passwordHash !== proved.passwordHash) {
    throw conflict('changed_meanwhile', 'The password was changed at the same moment');
  }
}

function attemptOf(context: CallerContext, { user }: Pick<Credentials, 'user'>): SignInAttempt {
  return { email: user.email, clientAddress: context.client?.address ?? '', tenantId: context.tenantId };
}
