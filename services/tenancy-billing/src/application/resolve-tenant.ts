import { type CallerContext, isUuid } from '@outlay/platform';
import type { Tenant } from '../domain/tenant.ts';
import { resolveTenant } from '../store/resolve-tenant.ts';
import { tenantNotFound } from '../store/tenants.ts';
import type { TenancyDependencies } from './dependencies.ts';

/** Finds a tenant by its id, or by its subdomain in any case. Throws not_found `tenant_not_found`. */
export function createResolveTenant({ database }: TenancyDependencies) {
  return async (_context: CallerContext, by: { tenantId: string } | { subdomain: string }): Promise<Tenant> => {
    if ('tenantId' in by && !isUuid(by.tenantId)) throw tenantNotFound();
    const tenant = await resolveTenant(
      database,
      'tenantId' in by ? by : { subdomain: by.subdomain.toLowerCase().slice(0, 64) },
    );
    if (!tenant) throw tenantNotFound();
    return tenant;
  };
}
