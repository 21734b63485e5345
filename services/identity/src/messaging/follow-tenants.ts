import { tenancyEvents } from '@outlay/contracts';
import type { EventHandlers, ReceivedEvent } from '@outlay/messaging';
import type { Session } from '@outlay/platform';
import { updateTenantEntitlements, updateTenantProfile } from '../store/tenants.ts';

type TenantEvent = 'outlay.tenancy.tenant.updated.v1' | 'outlay.tenancy.entitlements.changed.v1';

/** Keeps what identity knows of tenants up to date. A tenant's row is made with its owner, before any of these events. */
export const followTenants: EventHandlers<TenantEvent> = {
  async 'outlay.tenancy.tenant.updated.v1'(session: Session, event: ReceivedEvent<'outlay.tenancy.tenant.updated.v1'>) {
    const { name, subdomain, status } = event.data;
    const { tenantId, aggregateVersion: version } = event;
    await updateTenantProfile(session, { tenantId, name, subdomain, status, version });
  },

  async 'outlay.tenancy.entitlements.changed.v1'(
    session: Session,
    event: ReceivedEvent<'outlay.tenancy.entitlements.changed.v1'>,
  ) {
    const { plan, entitlements } = tenancyEvents.EntitlementsChanged.toJSON(event.data) as Record<string, unknown>;
    const { tenantId, aggregateVersion: version } = event;
    await updateTenantEntitlements(session, {
      tenantId,
      plan: String(plan),
      entitlements: entitlements ?? [],
      version,
    });
  },
};
