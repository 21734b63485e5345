import type { tenancy } from '@outlay/contracts';
import type { Plan } from '../domain/plan.ts';
import type { Tenant } from '../domain/tenant.ts';

/** A tenant as messages carry it. */
export function toTenantMessage(tenant: Tenant): tenancy.Tenant {
  const { id, name, subdomain, status, plan, settings, version, createdAt } = tenant;
  return { id, name, subdomain, status, plan: plan.code, settings, version, createdAt };
}

export function toPlanMessage({ code, name, version, entitlements }: Plan): tenancy.Plan {
  return { code, name, version, entitlements };
}
