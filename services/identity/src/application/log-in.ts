import {
  type CallerContext,
  Counter,
  DomainError,
  metrics,
  newId,
  recordAudit,
  toTenantId,
  unauthenticated,
} from '@outlay/platform';
import { chooseTenant } from '../domain/choose-tenant.ts';
import { refreshTokenMs } from '../domain/lifetimes.ts';
import type { Membership } from '../domain/person.ts';
import { hashRefreshToken, newRefreshToken } from '../domain/refresh-token.ts';
import type { IdentitySession } from '../store/database.ts';
import { findPersonByEmail } from '../store/people.ts';
import { insertSession, type NewSession } from '../store/sessions.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { type SignedIn, signedIn } from './session-tokens.ts';

export interface LogIn {
  email: string;
  password: string;
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
 * conflict `tenant_required` for a person of several tenants who named none, with the tenants as JSON in
 * meta.tenants: `[{"id", "name", "subdomain", "role"}]`.
 */
export function createLogIn({ database, passwords, throttle, issueAccessToken, clock }: IdentityDependencies) {
  return async (context: CallerContext, command: LogIn): Promise<SignedIn> => {
    const attempt = { email: command.email, clientAddress: command.clientAddress };
    await throttle.admit(attempt);
    const person = await findPersonByEmail(database, command.email);
    // Asked again in the turn, and counted before it ends: of a thousand guesses at once, most are past the first check.
    const isRight = await passwords.inTurn(async (verify) => {
      await throttle.admit(attempt);
      const verified = await verify(person?.passwordHash, command.password);
      if (!verified) await throttle.recordFailure(attempt);
      return verified;
    });

    const choice =
      person && isRight
        ? chooseTenant({ platformAdmin: person.user.platformAdmin, memberships: person.memberships }, command.tenantId)
        : { kind: 'refused' as const };
    if (!person || choice.kind === 'refused') {
      if (isRight) await throttle.recordFailure(attempt);
      attempts.inc({ outcome: 'refused' });
      throw unauthenticated('invalid_credentials', 'E-mail address or password is wrong');
    }
    await throttle.recordSuccess(attempt);
    if (choice.kind === 'undecided') throw tenantRequired(choice.memberships);

    const membership = choice.kind === 'entered' ? choice.membership : undefined;
    const refreshToken = newRefreshToken();
    const openedAt = clock();
    const opened: NewSession = {
      id: newId(),
      userId: person.user.id,
      actingTenantId: membership?.tenantId,
      openedAt,
      expiresAt: new Date(openedAt.getTime() + refreshTokenMs),
      refreshTokenHash: hashOf(refreshToken),
    };
    const open = ({ prisma }: IdentitySession) => insertSession(prisma, opened);
    if (membership) {
      const actor = { kind: 'user' as const, id: person.user.id };
      const tenantContext = { ...context, actor, tenantId: toTenantId(membership.tenantId) };
      await database.withTenant(tenantContext, async (session) => {
        await open(session);
        await recordAudit(session, tenantContext, { action: 'session.opened', entity: 'session', entityId: opened.id });
      });
    } else {
      await database.withGlobal(open);
    }
    attempts.inc({ outcome: 'signed_in' });
    return signedIn(issueAccessToken, {
      id: opened.id,
      authenticatedAt: openedAt,
      user: person.user,
      membership,
      refreshToken,
    });
  };
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

function hashOf(refreshToken: string): Buffer {
  const hash = hashRefreshToken(refreshToken);
  if (!hash) throw new Error('A token of our own making is not one');
  return hash;
}
