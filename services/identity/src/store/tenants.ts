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

/** What identity knows of a tenant, while nobody else changes who belongs to it. */
export interface LockedTenant {
  name: string;
  subdomain: string;
  /** As the last event told; undefined before the first one. */
  plan: string | undefined;
  entitlements: readonly { metric: string; limit?: string; mode: string }[];
}

/** Not `for update`: rows that refer to the tenant may be written meanwhile. */
const lock = {
  name: 'identity_lock_tenant',
  text: `
    select tenants.name, tenants.subdomain, tenants.plan, tenants.entitlements
    from tenants
    where tenants.tenant_id = $1
    for no key update`,
};

/**
 * Takes the session's tenant for this transaction. Whatever changes who belongs to a tenant, or counts them, takes it
 * first, so that such changes happen one after the other.
 */
export async function lockTenant(session: Pick<Session, 'query'>, tenantId: string): Promise<LockedTenant | undefined> {
  const { rows } = await session.query<LockedTenant & { plan: string | null }>(lock, [tenantId]);
  const [row] = rows;
  return row && { ...row, plan: row.plan ?? undefined };
}
