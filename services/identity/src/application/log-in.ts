import {
  type CallerContext,
  Counter,
  DomainError,
  isDomainError,
  metrics,
  recordAudit,
  toTenantId,
} from '@outlay/platform';
import { chooseTenant } from '../domain/choose-tenant.ts';
import type { Membership } from '../domain/person.ts';
import type { IdentitySession } from '../store/database.ts';
import { findPersonByEmail, type Person } from '../store/people.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { once } from './once.ts';
import { openSession } from './open-session.ts';
import { assertSecondFactor, confirmProof } from './prove-second-factor.ts';
import { recordSecurity } from './security-log.ts';
import { fromStored, type Replayable, type SignedIn, toStored } from './session-tokens.ts';
import { createSignInGuard } from './sign-in-guard.ts';

export interface LogIn {
  email: string;
  password: string;
  /** A TOTP or recovery code; empty where none was sent. */
  code: string;
  /** The tenant to enter; without it the person's only one. */
  tenantId: string | undefined;
  clientAddress: string;
}

const attempts = new Counter({
  name: 'identity_login_attempts_total',
  help: 'Attempts to sign in with a password.',
  labelNames: ['outcome'],
  registers: [metrics],
});

/**
 * Proves a password and opens a session. Throws unauthenticated `invalid_credentials` alike for a stranger, a wrong
 * password and a tenant the person does not belong to, in about the same time; rate_limited `too_many_attempts`;
 * unauthenticated `second_factor_required` for the right password of somebody whose second factor is on, without a code;
 * conflict `tenant_required` for a person of several tenants who named none, with the tenants as JSON in
 * meta.tenants: `[{"id", "name", "subdomain", "role"}]`. Honours the idempotency key, of whoever has proved the
 * password. Leaves login.succeeded in the security log of the tenant; failures get there by a job.
 */
export function createLogIn(dependencies: IdentityDependencies) {
  const { database, secrets, clock } = dependencies;
  const guard = createSignInGuard(dependencies);

  return async (context: CallerContext, command: LogIn): Promise<Replayable<SignedIn>> => {
    const attempt = { email: command.email, clientAddress: command.clientAddress, tenantId: command.tenantId };
    const person = await findPersonByEmail(database, command.email);
    const isRight = await guard.provePassword(attempt, person?.passwordHash, command.password);
    const choice =
      person && isRight ? chooseTenant(person.memberships, command.tenantId) : { kind: 'refused' as const };
    if (!person || choice.kind === 'refused') {
      attempts.inc({ outcome: 'refused' });
      throw await guard.refuse(context, attempt, isRight ? 'not_a_member' : 'wrong_password');
    }
    const enter = async () => {
      if (choice.kind === 'undecided') {
        await assertSecondFactor(dependencies, person, command.code);
        throw tenantRequired(choice.memberships);
      }
      return open(context, command, { person, membership: choice.kind === 'entered' ? choice.membership : undefined });
    };
    const opened = await enter().catch(async (error: unknown) => {
      if (!isDomainError(error, 'unauthenticated')) throw error;
      // Nothing was guessed, but whoever comes so far without the code may be a thief of the password.
      if (error.code === 'second_factor_required') {
        await guard.noteMissingCode(context, attempt);
        throw error;
      }
      attempts.inc({ outcome: 'refused' });
      await guard.refuse(context, attempt, 'wrong_code');
      throw error;
    });
    await guard.admit(attempt);
    attempts.inc({ outcome: 'signed_in' });
    return opened;
  };

  function open(
    context: CallerContext,
    command: LogIn,
    { person, membership }: { person: Person; membership: Membership | undefined },
  ): Promise<Replayable<SignedIn>> {
    const { email, password, code, tenantId: named } = command;
    const { user } = person;
    const tenantId = membership && toTenantId(membership.tenantId);
    // Whose key it is has been proved. What the edge tells of the request leaves out the tenant that its headers name.
    const owner = { ...context, actor: { kind: 'user' as const, id: user.id }, requestDigest: undefined };
    const request = { operation: 'Login', request: { email, password, code, named } };

    const transact = async (session: IdentitySession): Promise<Replayable<SignedIn>> => {
      const { answer, replayed } = await once(secrets, session, owner, request, async () => {
        // Within the transaction, as each code counts once, and behind the idempotency key, as a replay needs no other.
        await confirmProof(dependencies, session, owner, person, code);
        const opened = await openSession(dependencies, session, owner, {
          user,
          membership,
          authenticatedAt: clock(),
          clientAddress: command.clientAddress,
        });
        if (tenantId) {
          await recordAudit(
            session,
            { ...owner, tenantId },
            { action: 'session.opened', entity: 'session', entityId: opened.sessionId },
          );
          await recordSecurity(session, owner, [tenantId], {
            kind: 'login.succeeded',
            userId: user.id,
            details: { session_id: opened.sessionId },
            at: clock(),
          });
        }
        return toStored(opened);
      });
      return { answer: fromStored(answer), replayed };
    };
    return tenantId ? database.withTenant({ tenantId }, transact) : database.withGlobal(transact);
  }
}

/** A trailer carries 8 kB at most; whoever belongs to more tenants knows the one they want. */
const listedMax = 30;

function tenantRequired(memberships: readonly Membership[]): DomainError {
  const tenants = memberships
    .slice(0, listedMax)
    .map(({ tenantId: id, tenantName: name, subdomain, role }) => ({ id, name, subdomain, role }));
  return new DomainError('conflict', 'tenant_required', 'Name the tenant to enter: you belong to several', {
    meta: { tenants: JSON.stringify(tenants) },
  });
}
