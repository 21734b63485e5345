import { enqueueEvents } from '@outlay/messaging';
import { type CallerContext, idempotent, isUuid, recordAudit, toTenantId } from '@outlay/platform';
import type { PlanCode } from '../domain/plan.ts';
import { assertVersionSeen, changePlan, type Tenant } from '../domain/tenant.ts';
import { entitlementsChanged } from '../messaging/tenant-events.ts';
import type { TenancySession } from '../store/database.ts';
import { findPlanOnOffer } from '../store/plans.ts';
import { fromStoredTenant, toStoredTenant } from '../store/stored-answer.ts';
import { getTenantForUpdate, tenantNotFound, updateTenant } from '../store/tenants.ts';
import { afterAskings } from './ask-ledger.ts';
import type { TenancyDependencies } from './dependencies.ts';

interface ChangePlan {
  tenantId: string;
  plan: PlanCode;
  /** The version that the caller has seen; without it the newest. */
  version?: bigint;
}

/**
 * Moves a tenant to the newest version of another plan and emits entitlements.changed; a tenant that has the plan keeps
 * its version, and nothing is emitted. Honours the idempotency key, which counts for the caller and the tenant that is
 * named, as a platform admin is in none. Throws not_found `tenant_not_found`,
 * precondition_failed `version_mismatch`, conflict `changed_meanwhile`.
 */
export function createChangePlan({ database, clock }: TenancyDependencies) {
  return async (context: CallerContext, command: ChangePlan): Promise<{ tenant: Tenant; replayed: boolean }> => {
    if (!isUuid(command.tenantId)) throw tenantNotFound();
    const tenantContext = { ...context, tenantId: toTenantId(command.tenantId) };
    const change = (session: TenancySession) =>
      idempotent(session, tenantContext, { operation: 'ChangePlan', request: command }, async () => {
        const { prisma } = session;
        const tenant = await getTenantForUpdate(session, tenantContext.tenantId);
        assertVersionSeen(tenant, command.version);
        const plan = await findPlanOnOffer(prisma, command.plan);
        const changed = changePlan(tenant, plan, clock());
        if (changed === tenant) return toStoredTenant(tenant);
        await updateTenant(prisma, changed);
        await recordAudit(session, tenantContext, {
          action: 'tenant.plan_changed',
          entity: 'tenant',
          entityId: tenant.id,
          before: tenant.plan,
          after: changed.plan,
        });
        await enqueueEvents(session, tenantContext, [entitlementsChanged(changed, plan)]);
        return toStoredTenant(changed);
      });
    const { answer, replayed } = await afterAskings(() => database.withTenant(tenantContext, change));
    return { tenant: fromStoredTenant(answer), replayed };
  };
}
