import { enqueueEvents } from '@outlay/messaging';
import { type CallerContext, recordAudit, toTenantId } from '@outlay/platform';
import { defaultPlanCode } from '../domain/plan.ts';
import type { Registration, RegistrationAnswer } from '../domain/registration.ts';
import { newTenant } from '../domain/tenant.ts';
import { entitlementsChanged, type Owner, tenantRegistered } from '../messaging/tenant-events.ts';
import { findPlanOnOffer } from '../store/plans.ts';
import { completeRegistration, registrationAbandoned } from '../store/registrations.ts';
import { insertTenant } from '../store/tenants.ts';
import type { TenancyDependencies } from './dependencies.ts';

/**
 * The last step of a registration, once its owner exists: makes the tenant active on plan Basic and emits
 * tenant.registered and entitlements.changed, all in one transaction. Done before, it answers what was made then.
 * Throws unavailable `registration_abandoned` when the registration was cleaned away in between.
 */
export async function makeTenant(
  { database, clock }: Pick<TenancyDependencies, 'database' | 'clock'>,
  context: CallerContext,
  registration: Registration,
  owner: Owner,
): Promise<RegistrationAnswer & { isFirst: boolean }> {
  // Whoever registers is nobody yet when asking, and the owner when done.
  const actor = context.actor.kind === 'anonymous' ? { kind: 'user' as const, id: owner.id } : context.actor;
  const tenantContext = { ...context, actor, tenantId: toTenantId(registration.id) };
  return database.withTenant(tenantContext, async (session) => {
    const { prisma } = session;
    const now = clock();
    const plan = await findPlanOnOffer(prisma, defaultPlanCode);
    const tenant = newTenant(registration, plan, now);
    const completed = await completeRegistration(prisma, registration.id, { tenant, ownerUserId: owner.id }, now);
    if (!completed) throw registrationAbandoned();
    if (!completed.isFirst) return { ...completed.answer, isFirst: false };

    await insertTenant(prisma, tenant);
    await recordAudit(session, tenantContext, {
      action: 'tenant.registered',
      entity: 'tenant',
      entityId: tenant.id,
      after: { name: tenant.name, subdomain: tenant.subdomain, plan: plan.code, ownerUserId: owner.id },
    });
    await enqueueEvents(session, tenantContext, [
      tenantRegistered(tenant, plan, owner),
      // Those who keep count need not know of registrations.
      entitlementsChanged(tenant, plan),
    ]);
    return { ...completed.answer, isFirst: true };
  });
}
