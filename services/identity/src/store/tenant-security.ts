import type { IdentitySession } from './database.ts';

/** How the people of a tenant sign in. */
export interface TenantSecurity {
  /** How long a session lives from its last refresh. */
  sessionHours: number;
  version: bigint;
}

const columns = `select tenant.session_hours as "sessionHours", tenant.security_version as version
    from tenants as tenant
    where tenant.tenant_id = $1`;

const select = { name: 'identity_select_tenant_security', text: columns };

/** Rows that refer to the tenant may be written meanwhile. */
const take = { name: 'identity_take_tenant_security', text: `${columns} for no key update` };

/** A session never lives longer than it was to live when it was last used. */
const update = {
  name: 'identity_update_tenant_security',
  text: `
    with changed as (
      update tenants as tenant
      set session_hours = $2, security_version = tenant.security_version + 1
      where tenant.tenant_id = $1
      returning tenant.security_version as version
    ),
    shortened as (
      update sessions as session
      set expires_at = session.last_used_at + $2 * interval '1 hour'
      where session.acting_tenant_id = $1 and session.revoked_at is null
        and session.expires_at > session.last_used_at + $2 * interval '1 hour'
    )
    select changed.version from changed`,
};

export async function findTenantSecurity(
  session: IdentitySession,
  tenantId: string,
  options: { forUpdate?: boolean } = {},
): Promise<TenantSecurity | undefined> {
  const { rows } = await session.query<TenantSecurity>(options.forUpdate ? take : select, [tenantId]);
  return rows[0];
}

/** Says how long sessions live, of those that are open too; answers the new version. */
export async function updateTenantSecurity(
  session: IdentitySession,
  change: { tenantId: string; sessionHours: number },
): Promise<bigint> {
  const { rows } = await session.query<{ version: bigint }>(update, [change.tenantId, change.sessionHours]);
  if (!rows[0]) throw new Error('A tenant vanished while it was locked');
  return rows[0].version;
}
