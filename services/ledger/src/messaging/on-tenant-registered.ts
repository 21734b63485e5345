import type { ReceivedEvent } from '@outlay/messaging';
import type { Session } from '@outlay/platform';
import { keepEntitlements, keepSettings } from '../store/tenants.ts';

/** Takes a new tenant in. It may be known already, from a later event or because something was booked first. */
export async function onTenantRegistered(
  session: Session,
  event: ReceivedEvent<'outlay.tenancy.tenant.registered.v1'>,
): Promise<void> {
  const { settings, plan, entitlements } = event.data;
  const version = event.aggregateVersion;
  if (settings === undefined) throw new Error('A tenant was registered without settings');
  await keepSettings(session, { settings, version });
  await keepEntitlements(session, { plan, entitlements, version });
}
