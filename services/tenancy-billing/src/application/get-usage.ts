import type { TenantContext } from '@outlay/platform';
import type { Entitlement } from '../domain/plan.ts';
import { findPlan } from '../store/plans.ts';
import { getTenant } from '../store/tenants.ts';
import { listUsage, type UsedMetric } from '../store/usage.ts';
import type { TenancyDependencies } from './dependencies.ts';

/**
 * How much the caller's tenant uses of each metric that its plan speaks of and that is counted by now, some seconds ago at
 * the most while those who count can be heard. Throws not_found `tenant_not_found`.
 */
export function createGetUsage({ database }: TenancyDependencies) {
  return (context: TenantContext): Promise<(Entitlement & Pick<UsedMetric, 'used' | 'scopeId'>)[]> =>
    database.withTenant(
      context,
      async ({ prisma }) => {
        const tenant = await getTenant(prisma, context.tenantId);
        const { entitlements } = await findPlan(prisma, tenant.plan);
        const told = new Map((await listUsage(prisma, context.tenantId)).map((used) => [used.metric, used]));
        return entitlements
          .filter(({ metric }) => metric !== 'users')
          .map((entitlement) => {
            const { used = 0n, scopeId } = told.get(entitlement.metric) ?? {};
            return { ...entitlement, used, scopeId };
          });
      },
      { readOnly: true },
    );
}
