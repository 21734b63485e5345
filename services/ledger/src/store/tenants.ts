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
 * Keeps the settings of a newer version. The currency follows as long as nothing is booked, unless it was set here
 * after the event was written: then an event that knows of it is on its way.
 */
export async function keepSettings(
  session: Session,
  change: { settings: tenancy.Settings; version: number; time: Date },
): Promise<void> {
  const { settings, version, time } = change;
  await session.query(
    `insert into tenants (tenant_id, currency, currency_set_at, timezone, date_format, settings_version)
     values ($1, $2, $3, $4, $5, $6)
     on conflict (tenant_id) do update
     set currency = case
         when tenants.currency_fixed_at is null and tenants.currency_set_at < excluded.currency_set_at
           then excluded.currency
         else tenants.currency
       end,
       currency_set_at = greatest(tenants.currency_set_at, excluded.currency_set_at),
       timezone = excluded.timezone, date_format = excluded.date_format,
       settings_version = excluded.settings_version, updated_at = now()
     where tenants.settings_version < excluded.settings_version`,
    [session.tenantId, settings.currency, time, settings.timezone, settings.dateFormat, version],
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
 * Sets the currency unless something is booked. The first booking takes the same row's lock to fix the currency, so
 * one of the two comes first and the other sees it. Answers the currency that holds now.
 */
export async function setCurrency(
  session: Session,
  currency: string,
): Promise<{ currency: string; isChanged: boolean }> {
  const changed = await session.query(
    `update tenants set currency = $2, currency_set_at = now(), updated_at = now()
     where tenants.tenant_id = $1 and tenants.currency_fixed_at is null and tenants.currency <> $2`,
    [session.tenantId, currency],
  );
  const { rows } = await session.query<{ currency: string }>(
    'select tenants.currency from tenants where tenants.tenant_id = $1',
    [session.tenantId],
  );
  return { currency: rows[0]?.currency ?? '', isChanged: changed.rowCount === 1 };
}

const toEntitlementsJson = (entitlements: readonly tenancy.Entitlement[]): string =>
  JSON.stringify(entitlements.map((entitlement) => tenancy.Entitlement.toJSON(entitlement)));
