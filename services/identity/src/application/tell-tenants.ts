import { enqueueEvents } from '@outlay/messaging';
import { type CallerContext, newId, recordAudit } from '@outlay/platform';
import type { User } from '../domain/person.ts';
import { type CredentialsChange, credentialsChanged, memberUpdated } from '../messaging/person-events.ts';
import type { IdentitySession } from '../store/database.ts';
import { enterTenant } from '../store/enter-tenant.ts';
import { type TenantOfPerson, tenantsOfPerson, writingTenantOf } from '../store/tenants-of-person.ts';
import { recordSecurity, type SecurityEventKind } from './security-log.ts';

/** Tells all tenants of a person that name or address changed. Which fields it was is audited, not what they hold. */
export async function tellOfUpdate(
  session: IdentitySession,
  context: CallerContext,
  tenants: readonly TenantOfPerson[],
  update: { user: User; fields: readonly string[]; at: Date },
): Promise<void> {
  const { user, fields, at } = update;
  for (const { tenantId } of tenants) {
    await enterTenant(session, tenantId, async () => {
      await recordAudit(
        session,
        { ...context, tenantId },
        { action: 'member.updated', entity: 'member', entityId: user.id, after: { fields } },
      );
      await enqueueEvents(session, context, [memberUpdated(tenantId, user, at)]);
    });
  }
}

/**
 * Notes in the security log of all tenants of a person that their credentials changed, and has the person told by mail,
 * in the name of one tenant. Answers the tenants.
 */
export async function noteCredentials(
  session: IdentitySession,
  context: CallerContext,
  user: User,
  noted: {
    kind: SecurityEventKind;
    change: CredentialsChange;
    at: Date;
    /** Where the person is told, where that is not their address. */
    email?: string;
  },
): Promise<TenantOfPerson[]> {
  const { kind, change, at, email = user.email } = noted;
  const tenants = await tenantsOfPerson(session, user.id);
  const ids = tenants.map(({ tenantId }) => tenantId);
  await recordSecurity(session, context, ids, { kind, userId: user.id, at });
  const writing = await writingTenantOf(session, user.id, tenants, context.tenantId);
  if (writing) {
    const told = { email, changeId: newId(), change, changedAt: at };
    await enterTenant(session, writing, () =>
      enqueueEvents(session, context, [credentialsChanged(writing, user, told)]),
    );
  }
  return tenants;
}

/** The context of somebody whom a mailed token has proved, for logs that say who did it. */
export function provedBy(context: CallerContext, userId: string): CallerContext {
  return { ...context, actor: { kind: 'user', id: userId } };
}
