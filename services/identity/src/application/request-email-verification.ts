import type { identity as contract } from '@outlay/contracts';
import { type CallerContext, conflict, newId } from '@outlay/platform';
import { tenantsOfPerson, writingTenantOf } from '../store/tenants-of-person.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { lockPerson } from './lock-person.ts';
import { mailVerification } from './mail-token.ts';
import { onceAfter } from './once-after.ts';

/**
 * Has another verification of the caller's address mailed; the ones before are worthless then. Emits
 * email_verification.requested. Honours the idempotency key. Throws conflict `email_already_verified`, and `no_tenant`
 * for somebody in whose name nobody can write; rate_limited `too_many_mails`.
 */
export function createRequestEmailVerification(dependencies: IdentityDependencies) {
  const { mailQuota, clock } = dependencies;
  return async (context: CallerContext): Promise<contract.RequestEmailVerificationResponse> => {
    const userId = context.actor.id;
    const asked = { operation: 'RequestEmailVerification', request: {} };
    const { replayed } = await onceAfter(
      dependencies,
      context,
      asked,
      () => mailQuota.takeForPerson(userId),
      async (session) => {
        const { user } = await lockPerson(session, userId);
        if (user.emailVerified) throw conflict('email_already_verified', 'The address is verified');
        const tenants = await tenantsOfPerson(session, userId);
        const tenantId = (await writingTenantOf(session, userId, tenants, context.tenantId)) ?? noTenant();
        const { email } = user;
        const requested = { requestId: newId(), tenantId, user, email, isChange: false, at: clock() };
        await mailVerification(dependencies, session, context, requested);
      },
    );
    return { replayed };
  };
}

/** Mails are sent in the name of a tenant. */
export function noTenant(): never {
  throw conflict('no_tenant', 'Somebody who belongs to no tenant is sent no mails');
}
