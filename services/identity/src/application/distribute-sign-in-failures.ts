import { anonymousContext, toTenantId } from '@outlay/platform';
import { findPersonByEmail, type Person } from '../store/people.ts';
import { type SignInFailure, takeSignInFailures } from '../store/sign-in-failures.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { recordSecurity } from './security-log.ts';

/** Taken at once: a transaction of them is over soon. */
const chunk = 100;

/**
 * Tells tenants of the attempts to sign in as one of their people that failed (login.failed): the tenant that was named,
 * or all that the person belongs to. Those of strangers concern nobody. Each is told once, however often this runs.
 */
export function createDistributeSignInFailures({ database }: Pick<IdentityDependencies, 'database'>) {
  return async (): Promise<void> => {
    for (;;) {
      const taken = await database.withGlobal(async (session) => {
        const failures = await takeSignInFailures(session, chunk);
        for (const failure of failures) {
          const person = await findPersonByEmail(database, failure.email);
          if (!person) continue;
          const { clientAddress: address, userAgent, requestId, reason, attemptedAt: at } = failure;
          const context = { ...anonymousContext(requestId), client: { address, userAgent } };
          const fact = { kind: 'login.failed', userId: person.user.id, details: { reason }, at } as const;
          await recordSecurity(session, context, concernedBy(failure, person), fact);
        }
        return failures.length;
      });
      if (taken < chunk) return;
    }
  };
}

/** A tenant that the person does not belong to learns nothing of them. */
function concernedBy({ namedTenantId }: SignInFailure, { memberships }: Person) {
  const named = memberships.filter(({ tenantId }) => tenantId === namedTenantId);
  return (named.length > 0 ? named : memberships).map(({ tenantId }) => toTenantId(tenantId));
}
