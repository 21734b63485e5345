import type { tenancy } from '@outlay/contracts';
import { newId, notFound } from '@outlay/platform';
import type { FakeHandlers, TestTenant } from '@outlay/testkit';
import { at, page } from './fixtures.ts';
import { rpcError } from './rpc-error.ts';

export function acme(tenant: TestTenant): tenancy.Tenant {
  return {
    id: tenant.tenantId,
    name: tenant.name,
    subdomain: tenant.subdomain,
    status: 'active',
    plan: 'basic',
    settings: { currency: 'EUR', timezone: 'Europe/Berlin', dateFormat: 'DD.MM.YYYY' },
    version: 3n,
    createdAt: at,
  };
}

/** Knows the tenant, and another. */
export function fakeTenancy(tenant: tenancy.Tenant): FakeHandlers {
  const missing = () => rpcError(notFound('tenant_not_found', 'There is no such tenant'));
  const other = { ...tenant, id: newId(), subdomain: 'other', name: 'Other' };
  return {
    registerTenant: () => ({ tenant, ownerUserId: newId(), replayed: false }),
    resolveTenant: ({ by }: tenancy.ResolveTenantRequest) => {
      const found = [tenant, other].find(({ id, subdomain }) => by?.value === id || by?.value === subdomain);
      if (!found) throw missing();
      return { tenant: found };
    },
    getTenant: () => ({ tenant, entitlements: [] }),
    updateTenant: ({ name }: tenancy.UpdateTenantRequest) => ({
      tenant: { ...tenant, name: name ?? tenant.name, version: 4n },
    }),
    listTenants: () => ({ tenants: [tenant], page }),
    changePlan: ({ plan }: tenancy.ChangePlanRequest) => ({ tenant: { ...tenant, plan, version: 4n } }),
    getUsage: () => ({ usage: [{ metric: 'projects', limit: 3n, mode: 'hard', used: 2n, scopeId: '' }] }),
    listPlans: () => ({
      plans: [
        {
          code: 'basic',
          name: 'Basic',
          version: 1,
          entitlements: [
            { metric: 'projects', limit: 3n, mode: 'hard' },
            { metric: 'users', limit: undefined, mode: 'hard' },
          ],
        },
      ],
      page,
    }),
  };
}
