import type { Session, TenantId } from '@outlay/platform';

const setTenant = {
  name: 'identity_enter_tenant',
  text: `select set_config('app.tenant_id', $1, true)`,
};

/**
 * Runs work with another tenant's rows in reach, within the same transaction: what happens to a person concerns every
 * tenant they belong to, and must happen in all of them or in none. Call it for one tenant after the other.
 */
export async function enterTenant<T>(
  session: Pick<Session, 'query' | 'tenantId'>,
  tenantId: TenantId,
  work: () => Promise<T>,
): Promise<T> {
  if (session.tenantId === tenantId) return work();
  await session.query(setTenant, [tenantId]);
  try {
    return await work();
  } finally {
    // A transaction that has failed takes no statement any more, and ends anyway.
    await session.query(setTenant, [session.tenantId ?? '']).catch(() => undefined);
  }
}
