import type { OutgoingEvent } from '@outlay/messaging';
import type { Plan } from '../domain/plan.ts';
import type { Tenant } from '../domain/tenant.ts';

/** The owner as identity knows them. */
export interface Owner {
  id: string;
  email: string;
  firstName: string;
  lastName: string;
}

/** All events of a tenant carry its version, so that whoever follows it knows what is newer, whatever the kind. */
const about = (tenant: Tenant) => ({ tenantId: tenant.id, subject: tenant.id, aggregateVersion: tenant.version });

export function tenantRegistered(
  tenant: Tenant,
  plan: Plan,
  { id: userId, email, firstName, lastName }: Owner,
): OutgoingEvent<'outlay.tenancy.tenant.registered.v1'> {
  return {
    type: 'outlay.tenancy.tenant.registered.v1',
    ...about(tenant),
    data: {
      name: tenant.name,
      subdomain: tenant.subdomain,
      plan: plan.code,
      settings: tenant.settings,
      owner: { userId, email, firstName, lastName },
      entitlements: plan.entitlements,
      registeredAt: tenant.createdAt,
    },
  };
}

export function tenantUpdated(tenant: Tenant): OutgoingEvent<'outlay.tenancy.tenant.updated.v1'> {
  const { name, subdomain, status, settings, updatedAt } = tenant;
  return {
    type: 'outlay.tenancy.tenant.updated.v1',
    ...about(tenant),
    data: { name, subdomain, status, settings, updatedAt },
  };
}

export function entitlementsChanged(
  tenant: Tenant,
  plan: Plan,
): OutgoingEvent<'outlay.tenancy.entitlements.changed.v1'> {
  return {
    type: 'outlay.tenancy.entitlements.changed.v1',
    ...about(tenant),
    data: { plan: plan.code, planVersion: plan.version, entitlements: plan.entitlements, changedAt: tenant.updatedAt },
  };
}
