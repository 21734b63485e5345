import { enqueueEvents } from '@outlay/messaging';
import { type CallerContext, DomainError, recordAudit } from '@outlay/platform';
import { emailKey } from '../domain/email-key.ts';
import { memberRemoved } from '../messaging/member-changes.ts';
import { personErased } from '../messaging/person-events.ts';
import { eraseUser } from '../store/change-user.ts';
import { type Credentials, findCredentials, lockCredentials } from '../store/credentials.ts';
import type { IdentitySession } from '../store/database.ts';
import { enterTenant } from '../store/enter-tenant.ts';
import { deleteMembership, findMember } from '../store/memberships.ts';
import { deleteOneTimeTokens } from '../store/one-time-tokens.ts';
import { deleteRecoveryCodes } from '../store/second-factors.ts';
import { type TenantOfPerson, tenantsOfPerson } from '../store/tenants-of-person.ts';
import { blankPlaces, scrubInvitationsOf, tenantsWithTraces } from '../store/traces.ts';
import { closeSessions } from './close-sessions.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { userNotFound } from './lock-person.ts';
import { assertSamePassword, createOwnProof } from './prove-oneself.ts';
import { proveSecondFactor } from './prove-second-factor.ts';
import { holdTenant } from './seats.ts';
import { recordSecurity } from './security-log.ts';

/** What became of it. */
export interface Erased {
  erasedAt: Date;
  sessionIds: string[];
}

/**
 * Erases the caller's personal data for good: who they were, how they signed in and from where. What they booked stays
 * under their id, and the address is free. Emits member.removed where they belonged, person.erased wherever they left
 * traces, and session.revoked. Repeated, it answers what happened the first time. Throws conflict `owner_cannot_leave`
 * with the tenants that they own as JSON in meta.tenants, unauthenticated `invalid_credentials` and
 * `second_factor_required`, rate_limited `too_many_attempts`.
 */
export function createEraseMe(dependencies: IdentityDependencies) {
  const { database, revocations, clock } = dependencies;
  const proof = createOwnProof(dependencies);

  return async (context: CallerContext, command: { password: string; code: string }): Promise<Erased> => {
    const proved = await findCredentials(database, context.actor.id);
    if (!proved) throw userNotFound();
    if (proved.erasedAt) return { erasedAt: proved.erasedAt, sessionIds: [] };
    await proof.password(context, proved, command.password);

    // Whoever is to be forgotten leaves no new trace of where they are.
    const { client: _client, ...nowhere } = context;
    const erased = await proof.code(context, proved, () =>
      database.withGlobal(async (session) => {
        const person = await lockCredentials(session, proved.user.id, 'erase');
        if (!person) throw userNotFound();
        if (person.erasedAt) return { erasedAt: person.erasedAt, sessionIds: [] };
        assertSamePassword(person, proved);
        await proveSecondFactor(dependencies, session, person, command.code);
        return erase(session, nowhere, person, clock());
      }),
    );
    await revocations.add(erased.sessionIds);
    return erased;
  };
}

async function erase(
  session: IdentitySession,
  context: CallerContext,
  { user }: Credentials,
  at: Date,
): Promise<Erased> {
  const userId = user.id;
  const traced = { userId, emailKey: emailKey(user.email) };
  const belongsTo = await tenantsOfPerson(session, userId);
  assertOwnsNone(belongsTo);
  const withTraces = await tenantsWithTraces(session, traced);
  const sessionIds = await closeSessions(session, context, { userId, reason: 'erased', revokedAt: at });
  for (const tenant of belongsTo) await leave(session, context, tenant, { userId, at });

  const { version } = await eraseUser(session, userId, at);
  const tenantIds = [...new Set([...belongsTo.map(({ tenantId }) => tenantId), ...withTraces])].sort();
  for (const tenantId of tenantIds) {
    await enterTenant(session, tenantId, async () => {
      const invitationIds = await scrubInvitationsOf(session, tenantId, traced);
      await enqueueEvents(session, context, [personErased(tenantId, { userId, erasedAt: at, invitationIds, version })]);
    });
  }
  await recordSecurity(session, context, tenantIds, { kind: 'person.erased', userId, at });
  await blankPlaces(session, userId);
  await deleteOneTimeTokens(session, userId);
  await deleteRecoveryCodes(session, userId);
  return { erasedAt: at, sessionIds };
}

/** Takes the person out of a tenant, unless they were made its owner at this moment. */
async function leave(
  session: IdentitySession,
  context: CallerContext,
  tenant: TenantOfPerson,
  { userId, at }: { userId: string; at: Date },
): Promise<void> {
  const { tenantId } = tenant;
  await enterTenant(session, tenantId, async () => {
    await holdTenant(session, tenantId);
    const member = await findMember(session, tenantId, userId);
    if (member?.role === 'owner') assertOwnsNone([{ ...tenant, role: 'owner' }]);
    const version = await deleteMembership(session, { tenantId, userId, leftAt: at });
    if (version === undefined) return;
    await recordAudit(
      session,
      { ...context, tenantId },
      { action: 'member.removed', entity: 'member', entityId: userId, after: { reason: 'erased' } },
    );
    await enqueueEvents(session, context, [
      memberRemoved(tenantId, { userId, reason: 'erased', removedAt: at, version }),
    ]);
  });
}

/** A trailer carries 8 kB at most. */
const listedMax = 30;

function assertOwnsNone(tenants: readonly TenantOfPerson[]): void {
  const owned = tenants.filter(({ role }) => role === 'owner');
  if (owned.length === 0) return;
  const listed = owned
    .slice(0, listedMax)
    .map(({ tenantId: id, name, subdomain, role }) => ({ id, name, subdomain, role }));
  throw new DomainError('conflict', 'owner_cannot_leave', 'Hand over first what you own', {
    meta: { tenants: JSON.stringify(listed) },
  });
}
