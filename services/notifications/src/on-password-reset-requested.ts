import type { EventData } from '@outlay/contracts';
import type { Clock, Session } from '@outlay/platform';
import { z } from 'zod';
import { id, mailAddress } from './mail-recipient.ts';
import { requestDelivery } from './request-delivery.ts';
import { sealedToken } from './sealed-token.ts';
import { oneLine } from './templates/html.ts';

/** Somebody who forgot their password gets a mail with the token, one for each request. */
export function onPasswordResetRequested(clock: Clock) {
  return async (
    session: Session,
    event: { data: EventData<'outlay.identity.password_reset.requested.v1'> },
  ): Promise<void> => {
    const { userId, email, firstName, requestId, expiresAt, ...data } = requestedSchema.parse(event.data);
    await requestDelivery(
      session,
      {
        kind: 'password_reset',
        aboutId: userId,
        slot: requestId,
        userId,
        recipient: { name: oneLine(firstName), address: email },
        parameters: { firstName, email, expiresAt, token: sealedToken(data.sealedToken, requestId) },
      },
      clock(),
    );
  };
}

const requestedSchema = z.object({
  userId: id,
  email: mailAddress,
  firstName: z.string(),
  requestId: id,
  sealedToken: z.instanceof(Uint8Array),
  expiresAt: z.date(),
});
