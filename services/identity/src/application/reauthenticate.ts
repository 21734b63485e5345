import { type CallerContext, toTenantId, unauthenticated } from '@outlay/platform';
import type { AccessToken } from '../security/access-token.ts';
import type { IdentitySession } from '../store/database.ts';
import { holdRole } from '../store/memberships.ts';
import { findPersonById } from '../store/people.ts';
import { proveSessionAgain } from '../store/sessions.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { once } from './once.ts';
import { confirmProof } from './prove-second-factor.ts';
import { recordSecurity } from './security-log.ts';
import type { Replayable } from './session-tokens.ts';
import { createSignInGuard } from './sign-in-guard.ts';

/**
 * Proves the password again, and the second factor where there is one: the access tokens of the caller's session are
 * fresh from now on. Throws unauthenticated `invalid_credentials`, which is counted like a failed log-in,
 * `second_factor_required`, and `session_revoked` for a session that is closed; rate_limited `too_many_attempts`. Honours the idempotency key of
 * whoever has proved the password.
 */
export function createReauthenticate(dependencies: IdentityDependencies) {
  const { database, issueAccessToken, secrets, clock } = dependencies;
  const guard = createSignInGuard(dependencies);

  return async (
    context: CallerContext,
    command: { password: string; code: string },
  ): Promise<Replayable<AccessToken>> => {
    const { tenantId, sessionId = '' } = context;
    const person = await findPersonById(database, context.actor.id);
    if (!person) throw closed();
    const { user } = person;
    const attempt = { email: user.email, clientAddress: context.client?.address ?? '', tenantId };
    if (!(await guard.provePassword(attempt, person.passwordHash, command.password))) {
      throw await guard.refuse(context, attempt, 'wrong_password');
    }

    const write = async (session: IdentitySession): Promise<AccessToken> => {
      await confirmProof(dependencies, session, context, person, command.code);
      const role = tenantId && (await holdRole(session, tenantId, user.id));
      if (tenantId && !role) throw closed();
      const authenticatedAt = clock();
      if (!(await proveSessionAgain(session, { sessionId, userId: user.id, at: authenticatedAt }))) throw closed();
      if (tenantId) {
        await recordSecurity(session, context, [tenantId], {
          kind: 'session.reauthenticated',
          userId: user.id,
          details: { session_id: sessionId },
          at: authenticatedAt,
        });
      }
      return issueAccessToken({
        kind: 'user',
        sub: user.id,
        sid: sessionId,
        tid: tenantId,
        role: role || undefined,
        pad: user.platformAdmin || undefined,
        authenticatedAt,
      });
    };
    const request = { operation: 'Reauthenticate', request: command };
    const transact = (session: IdentitySession) => once(secrets, session, context, request, () => write(session));
    const proved = await guard.countWrongCode(context, attempt, () =>
      tenantId ? database.withTenant({ tenantId: toTenantId(tenantId) }, transact) : database.withGlobal(transact),
    );
    await guard.admit(attempt);
    return proved;
  };
}

function closed() {
  return unauthenticated('session_revoked', 'The session has been closed');
}
