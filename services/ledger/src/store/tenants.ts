import { tenancy } from '@outlay/contracts';
import type { Session } from '@outlay/platform';
import { markUsageChanged } from '../usage/usage-store.ts';

/**
 * The currency a tenant's books are kept in, whether something is booked, so that it can change no more, and whether it
 * is known what the tenant's plan allows: an event with its settings may have come before any with its plan.
 */
export interface TenantCurrency {
  currency: string;
  isFixed: boolean;
  isEntitled: boolean;
}

/** Answers one TenantCurrency, or no row; for `database.once`, parameter tenant. */
export const findCurrencyStatement = {
  name: 'find_currency',
  text: `
with scope as materialized (
  select set_config('app.tenant_id', $1, true)::uuid as tenant_id
)
select tenant.currency, tenant.currency_fixed_at is not null as "isFixed", tenant.entitlements_version > 0 as "isEntitled"
from scope
cross join lateral (
  select tenants.currency, tenants.currency_fixed_at, tenants.entitlements_version
  from tenants where tenants.tenant_id = scope.tenant_id offset 0
) as tenant`,
};

/** A tenant as tenancy-billing describes it at one version. */
export interface TenantSnapshot {
  settings: tenancy.Settings;
  plan: string;
  entitlements: readonly tenancy.Entitlement[];
  version: bigint | number;
}

/** Stores what is not known yet of a tenant. What came meanwhile by an event stays. */
export async function insertTenant(session: Session, tenant: TenantSnapshot): Promise<void> {
  const { settings, plan, entitlements, version } = tenant;
  await session.query(
    `insert into tenants (
       tenant_id, currency, timezone, date_format, settings_version, plan, entitlements, entitlements_version
     )
     values ($1, $2, $3, $4, $5, $6, $7, $5)
     on conflict (tenant_id) do update
     set plan = excluded.plan, entitlements = excluded.entitlements,
       entitlements_version = excluded.entitlements_version, updated_at = now()
     where tenants.entitlements_version < excluded.entitlements_version`,
    [
      session.tenantId,
      settings.currency,
      settings.timezone,
      settings.dateFormat,
      version,
      plan,
      toEntitlementsJson(entitlements),
    ],
  );
}

/**
 * Keeps the settings of a newer version. Of a tenant that is known here the currency stays: it changes only when it is asked
 * for, before any event tells of it.
 */
export async function keepSettings(
  session: Session,
  { settings, version }: { settings: tenancy.Settings; version: number },
): Promise<void> {
  await session.query(
    `insert into tenants (tenant_id, currency, timezone, date_format, settings_version)
     values ($1, $2, $3, $4, $5)
     on conflict (tenant_id) do update
     set timezone = excluded.timezone, date_format = excluded.date_format,
       settings_version = excluded.settings_version, updated_at = now()
     where tenants.settings_version < excluded.settings_version`,
    [session.tenantId, settings.currency, settings.timezone, settings.dateFormat, version],
  );
}

/**
 * Keeps the entitlements of a newer version. The limits in them hold for whoever begins to count once this has committed:
 * each counter finds by the version that its share is of other limits (migration 0130), so that this costs the same however
 * many there are. What is at its limit by that is told by whoever tells the usage. Answers false when the tenant is not
 * known here yet.
 */
export async function keepEntitlements(
  session: Session,
  change: { plan: string; entitlements: readonly tenancy.Entitlement[]; version: number },
): Promise<boolean> {
  const { rowCount } = await session.query(
    `update tenants
     set plan = case when tenants.entitlements_version < $4 then $2 else tenants.plan end,
       entitlements = case when tenants.entitlements_version < $4 then $3::jsonb else tenants.entitlements end,
       entitlements_version = greatest(tenants.entitlements_version, $4), updated_at = now()
     where tenants.tenant_id = $1`,
    [session.tenantId, change.plan, toEntitlementsJson(change.entitlements), change.version],
  );
  if (rowCount !== 1) return false;
  await markUsageChanged(session);
  return true;
}

/**
 * The currency of the session's tenant, locked until the transaction ends, and whether a later asking than the given one was
 * heard. The first booking takes the same row's lock to fix the currency, so one of the two comes first and the other sees it.
 */
export async function findCurrencyForUpdate(
  session: Session,
  asking: bigint,
): Promise<{ currency: string; isFixed: boolean; isOutdated: boolean } | undefined> {
  const { rows } = await session.query<{ currency: string; isFixed: boolean; isOutdated: boolean }>(
    `select tenants.currency, tenants.currency_fixed_at is not null as "isFixed", tenants.currency_asking > $2 as "isOutdated"
     from tenants where tenants.tenant_id = $1 for update`,
    [session.tenantId, asking],
  );
  return rows[0];
}

/** Stores the currency that was asked for, of a tenant that is locked. */
export async function setCurrency(session: Session, currency: string, asking: bigint): Promise<void> {
  await session.query(
    'update tenants set currency = $2, currency_asking = $3, updated_at = now() where tenants.tenant_id = $1',
    [session.tenantId, currency, asking],
  );
}

const toEntitlementsJson = (entitlements: readonly tenancy.Entitlement[]): string =>
  JSON.stringify(entitlements.map((entitlement) => tenancy.Entitlement.toJSON(entitlement)));
