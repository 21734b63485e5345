import type { ReceivedEvent } from '@outlay/messaging';
import type { Session } from '@outlay/platform';
import { keepSettings } from '../store/tenants.ts';

/** Keeps a tenant's new settings. */
export async function onTenantUpdated(
  session: Session,
  event: ReceivedEvent<'outlay.tenancy.tenant.updated.v1'>,
): Promise<void> {
  const { settings } = event.data;
  if (settings === undefined) throw new Error('A tenant was updated without settings');
  await keepSettings(session, { settings, version: event.aggregateVersion });
}
