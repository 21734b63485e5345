import type { Session } from '@outlay/platform';

const keepNewestTenant = `
insert into tenants as known (tenant_id, currency, version)
values ($1::uuid, $2, $3)
on conflict (tenant_id) do update
set currency = excluded.currency, version = excluded.version
where known.version < excluded.version`;

/** Keeps the newest settings of a tenant. Older and repeated ones do nothing. */
export async function projectTenant(session: Session, tenant: { currency: string; version: bigint }): Promise<void> {
  await session.query({ name: 'reporting_keep_newest_tenant', text: keepNewestTenant }, [
    session.tenantId,
    tenant.currency,
    tenant.version,
  ]);
}
