import type { EventData } from '@outlay/contracts';
import type { Clock, Session } from '@outlay/platform';
import { z } from 'zod';
import { id, mailAddress } from './mail-recipient.ts';
import { requestDelivery } from './request-delivery.ts';
import { oneLine } from './templates/html.ts';

/** A person who signs in another way from now on is told so, once for each change, in case it was not them. */
export function onCredentialsChanged(clock: Clock) {
  return async (
    session: Session,
    event: { data: EventData<'outlay.identity.credentials.changed.v1'> },
  ): Promise<void> => {
    const { userId, email, firstName, changeId, change, changedAt } = changedSchema.parse(event.data);
    await requestDelivery(
      session,
      {
        kind: 'credentials_changed',
        aboutId: userId,
        slot: changeId,
        userId,
        recipient: { name: oneLine(firstName), address: email },
        parameters: { firstName, email, change, changedAt },
      },
      clock(),
    );
  };
}

const changedSchema = z.object({
  userId: id,
  email: mailAddress,
  firstName: z.string(),
  changeId: id,
  change: z.string(),
  changedAt: z.date(),
});
