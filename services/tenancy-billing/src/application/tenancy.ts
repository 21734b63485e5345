import { createChangePlan } from './change-plan.ts';
import type { TenancyDependencies } from './dependencies.ts';
import { createGetTenant } from './get-tenant.ts';
import { createGetUsage } from './get-usage.ts';
import { createListPlans } from './list-plans.ts';
import { createListTenants } from './list-tenants.ts';
import { createPurgeExpired } from './purge-expired.ts';
import { createRegisterTenant } from './register-tenant.ts';
import { createResolveTenant } from './resolve-tenant.ts';
import { createSettleCurrencies } from './settle-currencies.ts';
import { createSettleRegistrations } from './settle-registrations.ts';
import { createUpdateTenant } from './update-tenant.ts';

/** All that this service can do. */
export type Tenancy = ReturnType<typeof createTenancy>;

export function createTenancy(dependencies: TenancyDependencies) {
  return {
    registerTenant: createRegisterTenant(dependencies),
    resolveTenant: createResolveTenant(dependencies),
    getTenant: createGetTenant(dependencies),
    updateTenant: createUpdateTenant(dependencies),
    listTenants: createListTenants(dependencies),
    getUsage: createGetUsage(dependencies),
    changePlan: createChangePlan(dependencies),
    listPlans: createListPlans(dependencies),
    settleCurrencies: createSettleCurrencies(dependencies),
    settleRegistrations: createSettleRegistrations(dependencies),
    purgeExpired: createPurgeExpired(dependencies),
  };
}
