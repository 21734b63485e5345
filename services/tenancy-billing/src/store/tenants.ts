import { conflict, notFound } from '@outlay/platform';
import type { Tenant as TenantRow } from '../../generated/prisma/client.ts';
import type { PlanCode } from '../domain/plan.ts';
import type { Tenant } from '../domain/tenant.ts';
import type { TenancyPrisma, TenancySession } from './database.ts';

/** The refusal of a tenant that does not exist, or is not the caller's. */
export function tenantNotFound() {
  return notFound('tenant_not_found', 'The tenant does not exist');
}

/** The session's tenant. Throws not_found `tenant_not_found`. */
export async function getTenant(prisma: TenancyPrisma, tenantId: string): Promise<Tenant> {
  const row = await prisma.tenant.findUnique({ where: { tenantId } });
  if (!row) throw tenantNotFound();
  return toTenant(row);
}

/** The refusal of a change while another one is under way. */
export function changedMeanwhile() {
  return conflict('changed_meanwhile', 'The tenant is being changed at the same moment, try again');
}

/**
 * The same, locked until the transaction ends: changes of one tenant come one after the other. Throws conflict
 * `changed_meanwhile` while the ledger is asked for the tenant's currency by anyone but the asking that is given.
 */
export async function getTenantForUpdate(session: TenancySession, tenantId: string, asking?: bigint): Promise<Tenant> {
  const { rows } = await session.query<{ isAsked: boolean }>(
    `select tenants.currency_asked_until > clock_timestamp() and tenants.currency_asking is distinct from $2 as "isAsked"
     from tenants where tenants.tenant_id = $1 for update`,
    [tenantId, asking],
  );
  if (rows[0]?.isAsked) throw changedMeanwhile();
  return getTenant(session.prisma, tenantId);
}

export async function insertTenant(prisma: TenancyPrisma, tenant: Tenant): Promise<void> {
  await prisma.tenant.create({ data: { tenantId: tenant.id, ...toColumns(tenant) } });
}

/** Stores a tenant that was read for update. */
export async function updateTenant(prisma: TenancyPrisma, tenant: Tenant): Promise<void> {
  await prisma.tenant.update({ where: { tenantId: tenant.id }, data: toColumns(tenant) });
}

/** Tenants across the platform, newest first, from after the given id on; their ids are in order of time. */
export async function listTenants(prisma: TenancyPrisma, after: string | undefined, count: number): Promise<Tenant[]> {
  const rows = await prisma.tenant.findMany({
    ...(after !== undefined && { where: { tenantId: { lt: after } } }),
    orderBy: { tenantId: 'desc' },
    take: count,
  });
  return rows.map(toTenant);
}

function toColumns({ name, subdomain, status, plan, settings, version, createdAt, updatedAt }: Tenant) {
  const { currency, timezone, dateFormat } = settings;
  const { code: planCode, version: planVersion } = plan;
  return {
    name,
    subdomain,
    status,
    planCode,
    planVersion,
    currency,
    timezone,
    dateFormat,
    version,
    createdAt,
    updatedAt,
  };
}

export function toTenant(row: TenantRow): Tenant {
  const { tenantId: id, name, subdomain, planCode, planVersion, version, createdAt, updatedAt } = row;
  const { currency, timezone, dateFormat } = row;
  return {
    id,
    name,
    subdomain,
    status: row.status as Tenant['status'],
    plan: { code: planCode as PlanCode, version: planVersion },
    settings: { currency, timezone, dateFormat },
    version,
    createdAt,
    updatedAt,
  };
}
