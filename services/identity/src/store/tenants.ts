import type { Session } from '@outlay/platform';
import type { IdentityPrisma } from './database.ts';

/** Notes a tenant that is being made; one that is known already stays as it is. */
export async function insertTenant(
  prisma: IdentityPrisma,
  tenant: { tenantId: string; name: string; subdomain: string; createdAt: Date },
): Promise<void> {
  await prisma.tenant.createMany({ data: tenant, skipDuplicates: true });
}

/** Only a newer version than the one seen last has an effect: events come twice, and in any order. */
const updateProfile = {
  name: 'identity_update_tenant_profile',
  text: `
    update tenants
    set name = $2, subdomain = $3, status = $4, profile_version = $5
    where tenants.tenant_id = $1 and tenants.profile_version < $5`,
};

const updateEntitlements = {
  name: 'identity_update_tenant_entitlements',
  text: `
    update tenants
    set plan = $2, entitlements = $3, entitlements_version = $4
    where tenants.tenant_id = $1 and tenants.entitlements_version < $4`,
};

export async function updateTenantProfile(
  session: Pick<Session, 'query'>,
  tenant: { tenantId: string; name: string; subdomain: string; status: string; version: number },
): Promise<void> {
  await session.query(updateProfile, [tenant.tenantId, tenant.name, tenant.subdomain, tenant.status, tenant.version]);
}

export async function updateTenantEntitlements(
  session: Pick<Session, 'query'>,
  tenant: { tenantId: string; plan: string; entitlements: unknown; version: number },
): Promise<void> {
  const { tenantId, plan, entitlements, version } = tenant;
  await session.query(updateEntitlements, [tenantId, plan, JSON.stringify(entitlements), version]);
}
