import { type Role, type Session, type TenantId, toTenantId } from '@outlay/platform';
import { asSystem } from './as-system.ts';

/** A tenant that a person belongs to. */
export interface TenantOfPerson {
  tenantId: TenantId;
  name: string;
  subdomain: string;
  role: Role;
  joinedAt: Date;
}

/** In the order of ids, so that two who write to all of them do not deadlock. */
const select = {
  name: 'identity_select_tenants_of_person',
  text: `
    select memberships.tenant_id as "tenantId", tenants.name, tenants.subdomain, memberships.role,
      memberships.created_at as "joinedAt"
    from memberships
    join tenants on tenants.tenant_id = memberships.tenant_id
    where memberships.user_id = $1
    order by memberships.tenant_id`,
};

/** All tenants that a person belongs to, in the session's transaction. */
export async function tenantsOfPerson(session: Pick<Session, 'query'>, userId: string): Promise<TenantOfPerson[]> {
  const { rows } = await asSystem(session, () => session.query<TenantOfPerson>(select, [userId]));
  return rows.map((row) => ({ ...row, tenantId: toTenantId(row.tenantId) }));
}

const selectLastUsed = {
  name: 'identity_select_tenant_last_used',
  text: `
    select sessions.acting_tenant_id as "tenantId"
    from sessions
    where sessions.user_id = $1 and sessions.acting_tenant_id = any ($2::uuid[])
    order by sessions.last_used_at desc
    limit 1`,
};

/**
 * The tenant in whose name a person is written to: the one they act in, else the one of their last session, else any
 * that they belong to; undefined for those who belong to none, who are not written to.
 */
export async function writingTenantOf(
  session: Pick<Session, 'query'>,
  userId: string,
  tenants: readonly TenantOfPerson[],
  actingIn?: TenantId,
): Promise<TenantId | undefined> {
  const ids = tenants.map(({ tenantId }) => tenantId);
  if (ids.length <= 1 || (actingIn && ids.includes(actingIn))) return ids.length <= 1 ? ids[0] : actingIn;
  const { rows } = await session.query<{ tenantId: string }>(selectLastUsed, [userId, ids]);
  return rows[0] ? toTenantId(rows[0].tenantId) : ids[0];
}
