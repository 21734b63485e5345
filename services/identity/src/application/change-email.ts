import type { identity as contract } from '@outlay/contracts';
import { type CallerContext, conflict, type DomainError, invalid, newId } from '@outlay/platform';
import { emailKey } from '../domain/email-key.ts';
import { tenantsOfPerson, writingTenantOf } from '../store/tenants-of-person.ts';
import { findUserByEmail } from '../store/users.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { findPerson, lockPerson } from './lock-person.ts';
import { mailVerification } from './mail-token.ts';
import { onceAfter } from './once-after.ts';
import { assertSamePassword, createOwnProof } from './prove-oneself.ts';
import { noTenant } from './request-email-verification.ts';

/**
 * Has a verification mailed to the address that the caller wants; nothing changes before it is presented. Emits
 * email_verification.requested. Honours the idempotency key. Throws unauthenticated `invalid_credentials`, rate_limited
 * `too_many_attempts` and `too_many_mails`, conflict `email_taken` and `no_tenant`, invalid for the present address.
 */
export function createChangeEmail(dependencies: IdentityDependencies) {
  const { database, mailQuota, clock } = dependencies;
  const proof = createOwnProof(dependencies);

  return async (
    context: CallerContext,
    command: { newEmail: string; password: string },
  ): Promise<contract.ChangeEmailResponse> => {
    const userId = context.actor.id;
    const { newEmail: email, password } = command;
    const { replayed } = await onceAfter(
      dependencies,
      context,
      { operation: 'ChangeEmail', request: command },
      async () => {
        const person = await findPerson(database, userId);
        await proof.password(context, person, password);
        // Also of addresses that are taken, so that nobody finds out about many.
        await mailQuota.takeForPerson(userId);
        return person;
      },
      async (session, proved) => {
        const person = await lockPerson(session, userId);
        assertSamePassword(person, proved);
        const { user } = person;
        if (emailKey(email) === emailKey(user.email)) {
          throw invalid('email', 'email_unchanged', 'is the present address');
        }
        if (await findUserByEmail(session.prisma, email)) throw emailTaken();
        const tenants = await tenantsOfPerson(session, userId);
        const tenantId = (await writingTenantOf(session, userId, tenants, context.tenantId)) ?? noTenant();
        const requested = { requestId: newId(), tenantId, user, email, isChange: true, at: clock() };
        await mailVerification(dependencies, session, context, requested);
      },
    );
    return { replayed };
  };
}

export function emailTaken(): DomainError {
  return conflict('email_taken', 'Somebody has this e-mail address already');
}
