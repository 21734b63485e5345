import { enqueueEvents } from '@outlay/messaging';
import { type CallerContext, newId, type Session, type TenantId } from '@outlay/platform';
import { enterTenant } from '../store/enter-tenant.ts';
import { insertSecurityEvents } from '../store/security-events.ts';

/** Every kind of entry in the security log. */
export const securityEventKinds = [
  'login.succeeded',
  'login.failed',
  'session.reauthenticated',
  'session.refused_reuse',
  'session.revoked',
  'tenant.switched',
  'password.changed',
  'password.reset',
  'email.verified',
  'email.changed',
  'totp.enabled',
  'totp.disabled',
  'recovery_code.used',
  'recovery_codes.renewed',
  'member.invited',
  'member.joined',
  'member.role_changed',
  'member.removed',
  'owner.transferred',
  'invitation.revoked',
  'api_key.created',
  'api_key.updated',
  'api_key.rotated',
  'api_key.revoked',
  'security.updated',
  'person.exported',
  'person.erased',
] as const;

export type SecurityEventKind = (typeof securityEventKinds)[number];

/** A fact for the security log. */
export interface SecurityFact {
  kind: SecurityEventKind;
  /** Whom it is about, where that is a person. */
  userId?: string;
  /** What else there is to know, such as a role; never a secret, and nothing that names a person other than by id. */
  details?: Readonly<Record<string, string | number | boolean | string[]>>;
  /** When it happened, where that was before now. */
  at?: Date;
}

/**
 * Writes a fact into the security log of each of the tenants, in the session's transaction, and tells of it
 * (security_event.recorded). Where it came from is the context's client.
 */
export async function recordSecurity(
  session: Session,
  context: CallerContext,
  tenantIds: readonly TenantId[],
  fact: SecurityFact,
): Promise<void> {
  for (const tenantId of tenantIds) await recordSecurityFacts(session, context, tenantId, [fact]);
}

/** The same of any number of facts in one tenant, in one statement for the log and one for the events. */
export async function recordSecurityFacts(
  session: Session,
  context: CallerContext,
  tenantId: TenantId,
  facts: readonly SecurityFact[],
): Promise<void> {
  const { actor, client } = context;
  const entries = facts.map((fact) => ({
    id: newId(),
    kind: fact.kind,
    actorKind: actor.kind,
    actorId: actor.id,
    userId: fact.userId ?? '',
    clientAddress: client?.address ?? '',
    userAgent: client?.userAgent ?? '',
    details: fact.details ?? {},
    recordedAt: fact.at ?? new Date(),
  }));
  await enterTenant(session, tenantId, async () => {
    await insertSecurityEvents(session, tenantId, entries);
    await enqueueEvents(
      session,
      context,
      entries.map((entry) => ({
        type: 'outlay.identity.security_event.recorded.v1' as const,
        tenantId,
        subject: entry.id,
        aggregateVersion: 1,
        data: entry,
      })),
    );
  });
}
