import { identity as contract } from '@outlay/contracts';
import { enqueueEvents } from '@outlay/messaging';
import {
  type CallerContext,
  conflict,
  invalid,
  newId,
  recordAudit,
  type TenantContext,
  toTenantId,
  unauthenticated,
} from '@outlay/platform';
import { newcomerFaults } from '../domain/newcomer.ts';
import { hashOpaqueToken } from '../domain/opaque-token.ts';
import type { User } from '../domain/person.ts';
import { memberJoined } from '../messaging/member-joined.ts';
import { lockCredentials } from '../store/credentials.ts';
import type { IdentitySession } from '../store/database.ts';
import { type FoundInvitation, findInvitationByToken, lockInvitation, markAccepted } from '../store/invitations.ts';
import { findMember, insertMembership } from '../store/memberships.ts';
import { findPersonByEmail, type Person } from '../store/people.ts';
import { insertUser, markEmailVerified, newUser } from '../store/users.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { findEarlier, once } from './once.ts';
import { proveSecondFactor } from './prove-second-factor.ts';
import { alreadyMember, assertSeat, holdTenant } from './seats.ts';
import { recordSecurity } from './security-log.ts';
import { invitationNotFound } from './send-invitation.ts';
import { createSignInGuard, type SignInAttempt } from './sign-in-guard.ts';

export interface AcceptInvitation {
  token: string;
  password: string;
  /** For somebody new. */
  firstName: string;
  lastName: string;
  /** Of a known person whose second factor is on; empty where none was sent. */
  code: string;
}

/** Who accepts, and what is left to be done for them within the transaction. */
type Invitee = { kind: 'known'; person: Person } | { kind: 'new'; passwordHash: string };

/**
 * Joins the tenant of an invitation. Somebody new chooses name and password; their address counts as verified, as the
 * token was mailed there. A known person proves their password, and the second factor where it is on, throttled like a
 * log-in. Emits member.joined. Honours the idempotency key, which counts for this invitation. Throws not_found
 * `invitation_not_found`, invalid for what somebody new leaves out, unauthenticated `invalid_credentials` and
 * `second_factor_required`, conflict `already_member` and `email_taken` (somebody came to have the address meanwhile),
 * forbidden `plan_limit_reached` (members count), rate_limited `too_many_attempts`.
 */
export function createAcceptInvitation(dependencies: IdentityDependencies) {
  const { database, passwords, secrets, clock } = dependencies;
  const guard = createSignInGuard(dependencies);

  return async (context: CallerContext, command: AcceptInvitation): Promise<contract.AcceptInvitationResponse> => {
    const tokenHash = hashOpaqueToken(command.token) ?? invitationNotFound();
    const found = (await findInvitationByToken(database, { tokenHash, now: clock() })) ?? invitationNotFound();
    const asked = {
      operation: `AcceptInvitation ${found.id}`,
      request: command,
      codec: contract.AcceptInvitationResponse,
    };
    if (context.idempotencyKey !== undefined) {
      const earlier = await database.withGlobal((session) => findEarlier(secrets, session, context, asked), {
        readOnly: true,
      });
      if (earlier) return { ...earlier.answer, replayed: true };
    }
    if (found.status !== 'pending') invitationNotFound();

    const { email } = found;
    const attempt = { email, clientAddress: context.client?.address ?? '', tenantId: found.tenantId };
    const person = await findPersonByEmail(database, email);
    const invitee = person
      ? await proveKnown(context, attempt, { person, password: command.password })
      : await prepareNew(email, command);
    const tenantId = toTenantId(found.tenantId);
    const { answer, replayed } = await guard.countWrongCode(context, attempt, () =>
      database.withTenant({ tenantId }, (session) =>
        once(secrets, session, context, asked, () =>
          join(session, { ...context, tenantId }, { command, found, invitee }),
        ),
      ),
    );
    if (person) await guard.admit(attempt);
    return { ...answer, replayed };
  };

  async function proveKnown(
    context: CallerContext,
    attempt: SignInAttempt,
    { person, password }: { person: Person; password: string },
  ): Promise<Invitee> {
    const isRight = await guard.provePassword(attempt, person.passwordHash, password);
    if (!isRight) throw await guard.refuse(context, attempt, 'wrong_password');
    return { kind: 'known', person };
  }

  async function prepareNew(email: string, command: AcceptInvitation): Promise<Invitee> {
    const faults = newcomerFaults({ email, ...command });
    if (faults.length > 0) throw invalid(faults);
    return { kind: 'new', passwordHash: await passwords.hash(command.password) };
  }

  async function join(
    session: IdentitySession,
    context: TenantContext,
    { command, found, invitee }: { command: AcceptInvitation; found: FoundInvitation; invitee: Invitee },
  ): Promise<contract.AcceptInvitationResponse> {
    const { tenantId } = context;
    const { id, role, tokenHash } = found;
    const now = clock();
    const tenant = await holdTenant(session, tenantId);
    const invitation = await lockInvitation(session, tenantId, { id, now });
    // Since it was found it may have been accepted, revoked, or sent again with another token.
    if (invitation?.status !== 'pending' || !invitation.tokenHash.equals(tokenHash)) invitationNotFound();
    const user =
      invitee.kind === 'known'
        ? await enterKnown(session, { person: invitee.person, code: command.code, now })
        : await enterNew(session, { command, email: found.email, passwordHash: invitee.passwordHash, now });
    if (await findMember(session, tenantId, user.id)) throw alreadyMember();
    await assertSeat(session, tenantId, { tenant, now });
    const version = await insertMembership(session, { tenantId, userId: user.id, role, createdAt: now });
    if (version === undefined) throw alreadyMember();
    await markAccepted(session, tenantId, { id, at: now, userId: user.id });
    const own = { ...context, actor: { kind: 'user' as const, id: user.id } };
    await recordAudit(session, own, {
      action: 'member.joined',
      entity: 'member',
      entityId: user.id,
      after: { role, invitation_id: id },
    });
    await recordSecurity(session, own, [tenantId], {
      kind: 'member.joined',
      userId: user.id,
      details: { role, invitation_id: id },
      at: now,
    });
    await enqueueEvents(session, own, [memberJoined(tenantId, user, { role, joinedAt: now, version })]);
    const { name: tenantName, subdomain } = tenant;
    return { user, membership: { tenantId, tenantName, subdomain, role }, replayed: false };
  }

  /** Whose password was proved; it may have changed since. */
  async function enterKnown(
    session: IdentitySession,
    { person, code, now }: { person: Person; code: string; now: Date },
  ): Promise<User> {
    const present = await lockCredentials(session, person.user.id, 'change');
    if (present?.passwordHash !== person.passwordHash || present.erasedAt) {
      throw unauthenticated('invalid_credentials', 'E-mail address or password is wrong');
    }
    await proveSecondFactor(dependencies, session, present, code);
    if (present.user.emailVerified) return present.user;
    // The token was mailed to the address, so whoever has it reads what is sent there.
    return markEmailVerified(session.prisma, present.user.id, now);
  }
}

async function enterNew(
  session: IdentitySession,
  given: { command: AcceptInvitation; email: string; passwordHash: string; now: Date },
): Promise<User> {
  const { email, passwordHash, now } = given;
  const { firstName, lastName } = given.command;
  const fresh = { id: newId(), email, firstName, lastName, passwordHash, emailVerifiedAt: now, createdAt: now };
  if (!(await insertUser(session.prisma, fresh))) {
    throw conflict('email_taken', 'Somebody has this address by now; accept with their password');
  }
  return newUser(fresh);
}
