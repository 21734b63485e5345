import { type CallerContext, conflict, notFound, toTenantId, unauthenticated } from '@outlay/platform';
import { lockCredentials } from '../store/credentials.ts';
import { findPersonById } from '../store/people.ts';
import { findOrigin } from '../store/sessions.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { once } from './once.ts';
import { openSession } from './open-session.ts';
import { recordSecurity } from './security-log.ts';
import { fromStored, type Replayable, type SignedIn, toStored } from './session-tokens.ts';

/**
 * Opens another session of the caller in another tenant of theirs, named by id or subdomain; the present one stays. It
 * is as fresh as the present one, as nothing has been proved again, and of its family: both are closed together. Throws
 * not_found `tenant_not_found` for a tenant that the caller does not belong to, conflict `already_there` for the one they
 * are in, unauthenticated `session_revoked` where the present session is closed. Honours the idempotency key.
 */
export function createSwitchTenant(dependencies: IdentityDependencies) {
  const { database, secrets } = dependencies;

  return async (context: CallerContext, command: { tenant: string }): Promise<Replayable<SignedIn>> => {
    const { sessionId = '' } = context;
    const person = await findPersonById(database, context.actor.id);
    if (!person) throw closed();
    const named = command.tenant.toLowerCase();
    const membership = person.memberships.find(({ tenantId, subdomain }) => [tenantId, subdomain].includes(named));
    if (!membership) throw notFound('tenant_not_found', 'You belong to no such tenant');
    const tenantId = toTenantId(membership.tenantId);
    const { user } = person;

    const { answer, replayed } = await database.withTenant({ tenantId }, (session) =>
      once(secrets, session, context, { operation: 'SwitchTenant', request: { tenantId } }, async () => {
        // Whoever closes this session has done so before, or waits until the other one is there to be closed as well.
        await lockCredentials(session, user.id, 'sign in');
        const origin = await findOrigin(session, { sessionId, userId: user.id });
        if (!origin) throw closed();
        if (origin.actingTenantId === tenantId) throw conflict('already_there', 'You are in this tenant');
        const { authenticatedAt, familyId } = origin;
        const opened = await openSession(dependencies, session, context, {
          user,
          membership,
          authenticatedAt,
          familyId,
        });
        await recordSecurity(session, context, [tenantId], {
          kind: 'tenant.switched',
          userId: user.id,
          details: { session_id: opened.sessionId, from_session_id: sessionId },
        });
        return toStored(opened);
      }),
    );
    return { answer: fromStored(answer), replayed };
  };
}

function closed() {
  return unauthenticated('session_revoked', 'The session has been closed');
}
