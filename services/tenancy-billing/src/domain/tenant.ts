import { preconditionFailed } from '@outlay/platform';
import type { Plan, PlanCode } from './plan.ts';
import { defaultSettings, type Settings } from './settings.ts';

export interface Tenant {
  id: string;
  name: string;
  subdomain: string;
  status: 'active' | 'suspended';
  /** The plan that was bought, in the version that was bought. */
  plan: { code: PlanCode; version: number };
  settings: Settings;
  /** Goes up by one with each change. */
  version: bigint;
  createdAt: Date;
  updatedAt: Date;
}

/** A tenant as it begins: active, with default settings, in its first version. */
export function newTenant(
  registration: { id: string; name: string; subdomain: string },
  plan: Pick<Plan, 'code' | 'version'>,
  now: Date,
): Tenant {
  const { id, name, subdomain } = registration;
  return {
    id,
    name,
    subdomain,
    status: 'active',
    plan: { code: plan.code, version: plan.version },
    settings: defaultSettings,
    version: 1n,
    createdAt: now,
    updatedAt: now,
  };
}

/** What a tenant's own people may change. */
export interface TenantChanges {
  name?: string;
  settings: Partial<Settings>;
}

/**
 * The tenant after the changes; the very same one when they change nothing. Throws precondition_failed
 * `version_mismatch` when the caller has seen another version than this one.
 */
export function changeTenant(
  tenant: Tenant,
  changes: TenantChanges,
  seenVersion: bigint | undefined,
  now: Date,
): Tenant {
  assertVersionSeen(tenant, seenVersion);
  const name = changes.name ?? tenant.name;
  const settings = { ...tenant.settings, ...changes.settings };
  const isChanged =
    name !== tenant.name ||
    settings.currency !== tenant.settings.currency ||
    settings.timezone !== tenant.settings.timezone ||
    settings.dateFormat !== tenant.settings.dateFormat;
  return isChanged ? { ...tenant, name, settings, version: tenant.version + 1n, updatedAt: now } : tenant;
}

/** Throws precondition_failed `version_mismatch` when the caller has seen another version than this one. */
export function assertVersionSeen(tenant: Tenant, seenVersion: bigint | undefined): void {
  if (seenVersion !== undefined && seenVersion !== tenant.version) {
    throw preconditionFailed('version_mismatch', `The tenant is at version ${tenant.version}`);
  }
}

/** The tenant on another plan; the very same one when it has that plan. A newer version of its plan is not forced on it. */
export function changePlan(tenant: Tenant, plan: Pick<Plan, 'code' | 'version'>, now: Date): Tenant {
  if (tenant.plan.code === plan.code) return tenant;
  const { code, version } = plan;
  return { ...tenant, plan: { code, version }, version: tenant.version + 1n, updatedAt: now };
}
