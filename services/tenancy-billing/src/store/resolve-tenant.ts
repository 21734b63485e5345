import type { Tenant as TenantRow } from '../../generated/prisma/client.ts';
import type { Tenant } from '../domain/tenant.ts';
import type { TenancyDatabase } from './database.ts';
import { toTenant } from './tenants.ts';

/**
 * The gateway asks for each log-in and for each host name it has not seen lately, hence one round trip. The tenant
 * becomes the transaction's tenant in `scope`; `offset 0` keeps the subquery, which depends on its row, from being
 * read before that.
 */
const columns = `
  select tenant."tenantId", tenant.name, tenant.subdomain, tenant.status, tenant."planCode", tenant."planVersion",
    tenant.currency, tenant.timezone, tenant."dateFormat", tenant.version, tenant."createdAt", tenant."updatedAt"
  from scope
  cross join lateral (
    select tenants.tenant_id as "tenantId", tenants.name, tenants.subdomain, tenants.status,
      tenants.plan_code as "planCode", tenants.plan_version as "planVersion", tenants.currency, tenants.timezone,
      tenants.date_format as "dateFormat", tenants.version, tenants.created_at as "createdAt",
      tenants.updated_at as "updatedAt"
    from tenants
    where tenants.tenant_id = scope.holder_id and scope.tenant_id is not null
    offset 0
  ) as tenant`;

const bySubdomain = {
  name: 'tenancy_resolve_tenant_by_subdomain',
  text: `
    with scope as materialized (
      select subdomains.holder_id, set_config('app.tenant_id', subdomains.holder_id::text, true) as tenant_id
      from subdomains
      where subdomains.name = $1
    )
    ${columns}`,
};

const byId = {
  name: 'tenancy_resolve_tenant_by_id',
  text: `
    with scope as materialized (
      select $1::uuid as holder_id, set_config('app.tenant_id', ($1::uuid)::text, true) as tenant_id
    )
    ${columns}`,
};

/** A tenant by its id or its subdomain. One whose registration is under way is not there yet. */
export async function resolveTenant(
  database: TenancyDatabase,
  by: { tenantId: string } | { subdomain: string },
): Promise<Tenant | undefined> {
  const [row] =
    'tenantId' in by
      ? await database.once<TenantRow>(byId, [by.tenantId])
      : await database.once<TenantRow>(bySubdomain, [by.subdomain]);
  return row && toTenant(row);
}
