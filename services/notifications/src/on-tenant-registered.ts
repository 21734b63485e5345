import type { EventData } from '@outlay/contracts';
import type { Clock, Session } from '@outlay/platform';
import { z } from 'zod';
import { id, mailAddress } from './mail-recipient.ts';
import { requestDelivery } from './request-delivery.ts';
import { oneLine } from './templates/html.ts';

/** The owner of a new tenant gets a welcome mail, once, however often the event comes. */
export function onTenantRegistered(clock: Clock) {
  return async (session: Session, event: { data: EventData<'outlay.tenancy.tenant.registered.v1'> }): Promise<void> => {
    const { name, subdomain, owner } = registeredSchema.parse(event.data);
    await requestDelivery(
      session,
      {
        kind: 'welcome',
        aboutId: owner.userId,
        slot: 'registration',
        userId: owner.userId,
        recipient: { name: oneLine(`${owner.firstName} ${owner.lastName}`), address: owner.email },
        parameters: { firstName: owner.firstName, tenantName: name, subdomain, email: owner.email },
      },
      clock(),
    );
  };
}

const registeredSchema = z.object({
  name: z.string(),
  subdomain: z.string(),
  owner: z.object({
    userId: id,
    email: mailAddress,
    firstName: z.string(),
    lastName: z.string(),
  }),
});
