import type { ReceivedEvent } from '@outlay/messaging';
import type { Session } from '@outlay/platform';
import { keepEntitlements } from '../store/tenants.ts';

/** Keeps what a tenant may use. Throws while the tenant is not known: the event is tried again after its registration. */
export async function onEntitlementsChanged(
  session: Session,
  event: ReceivedEvent<'outlay.tenancy.entitlements.changed.v1'>,
): Promise<void> {
  const { plan, entitlements } = event.data;
  const isKnown = await keepEntitlements(session, { plan, entitlements, version: event.aggregateVersion });
  if (!isKnown) throw new Error('The entitlements are of a tenant that is not known yet');
}
