import type { EventData } from '@outlay/contracts';
import type { Clock, Session } from '@outlay/platform';
import { z } from 'zod';
import { id, mailAddress } from './mail-recipient.ts';
import { requestDelivery } from './request-delivery.ts';
import { sealedToken } from './sealed-token.ts';
import { oneLine } from './templates/html.ts';

/** An address that awaits its verification gets a mail with the token, one for each request. */
export function onEmailVerificationRequested(clock: Clock) {
  return async (
    session: Session,
    event: { data: EventData<'outlay.identity.email_verification.requested.v1'> },
  ): Promise<void> => {
    const { userId, email, firstName, requestId, expiresAt, isChange, ...data } = requestedSchema.parse(event.data);
    await requestDelivery(
      session,
      {
        kind: 'email_verification',
        aboutId: userId,
        slot: requestId,
        userId,
        recipient: { name: oneLine(firstName), address: email },
        parameters: { firstName, email, isChange, expiresAt, token: sealedToken(data.sealedToken, requestId) },
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
  isChange: z.boolean(),
});
