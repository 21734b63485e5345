import type { TenantContext } from '@outlay/platform';
import type { Entitlement } from '../domain/plan.ts';
import type { Tenant } from '../domain/tenant.ts';
import { findPlan } from '../store/plans.ts';
import { getTenant } from '../store/tenants.ts';
import type { TenancyDependencies } from './dependencies.ts';

/** The caller's tenant with what its plan allows. Throws not_found `tenant_not_found`. */
export function createGetTenant({ database }: TenancyDependencies) {
  return (context: TenantContext): Promise<{ tenant: Tenant; entitlements: Entitlement[] }> =>
    database.withTenant(
      context,
      async ({ prisma }) => {
        const tenant = await getTenant(prisma, context.tenantId);
        const { entitlements } = await findPlan(prisma, tenant.plan);
        return { tenant, entitlements };
      },
      { readOnly: true },
    );
}
