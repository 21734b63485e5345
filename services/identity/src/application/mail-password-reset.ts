import { enqueueEvents } from '@outlay/messaging';
import { anonymousContext } from '@outlay/platform';
import { passwordResetRequested } from '../messaging/person-events.ts';
import { lockCredentials } from '../store/credentials.ts';
import { enterTenant } from '../store/enter-tenant.ts';
import { tenantsOfPerson, writingTenantOf } from '../store/tenants-of-person.ts';
import { findUserByEmail } from '../store/users.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { makeMailToken } from './mail-token.ts';
import { type ResetRequest, resetRequest } from './request-password-reset.ts';

/**
 * Answers a request for a new password, where somebody has the address and belongs to a tenant in whose name they can be
 * written to. Emits password_reset.requested, once for each request however often this is run.
 */
export function createMailPasswordReset(dependencies: IdentityDependencies) {
  const { database, secrets, clock } = dependencies;
  return (request: ResetRequest): Promise<void> => {
    const { requestId } = request;
    const email = secrets.open(Buffer.from(request.sealedEmail, 'base64'), resetRequest(requestId));
    return database.withGlobal(async (session) => {
      const found = await findUserByEmail(session.prisma, email);
      const person = found && (await lockCredentials(session, found.id, 'change'));
      // Somebody may have left the address at this moment.
      if (!person || person.erasedAt || person.user.email !== found.email) return;
      const { user } = person;
      const tenantId = await writingTenantOf(session, user.id, await tenantsOfPerson(session, user.id));
      if (!tenantId) return;
      const asked = { requestId, purpose: 'password_reset', userId: user.id, email: user.email, at: clock() } as const;
      const mailed = await makeMailToken(dependencies, session, asked);
      if (!mailed) return;
      await enterTenant(session, tenantId, () =>
        enqueueEvents(session, anonymousContext(requestId), [passwordResetRequested(tenantId, user, mailed)]),
      );
    });
  };
}
