import type { EventData } from '@outlay/contracts';
import type { Clock, Session } from '@outlay/platform';
import { z } from 'zod';
import { isInvitationErased } from './erased-people.ts';
import { id, mailAddress } from './mail-recipient.ts';
import { requestDelivery } from './request-delivery.ts';
import { sealedToken } from './sealed-token.ts';

/**
 * Somebody who was invited gets a mail with the token, one for each time the invitation is sent. Whose mail it is becomes
 * known when they join. None leaves for somebody who was erased meanwhile.
 */
export function onInvitationSent(clock: Clock) {
  return async (session: Session, event: { data: EventData<'outlay.identity.invitation.sent.v1'> }): Promise<void> => {
    const { invitationId, email, occasion, role, inviterName, tenantName, subdomain, expiresAt, ...data } =
      sentSchema.parse(event.data);
    if (await isInvitationErased(session, invitationId)) return;
    const token = sealedToken(data.sealedToken, invitationId);
    await requestDelivery(
      session,
      {
        kind: 'invitation',
        aboutId: invitationId,
        slot: String(occasion),
        recipient: { name: '', address: email },
        parameters: { email, role, inviterName, tenantName, subdomain, expiresAt, token },
      },
      clock(),
    );
  };
}

const sentSchema = z.object({
  invitationId: id,
  email: mailAddress,
  role: z.string(),
  inviterName: z.string(),
  tenantName: z.string(),
  subdomain: z.string(),
  occasion: z.int(),
  sealedToken: z.instanceof(Uint8Array),
  expiresAt: z.date(),
});
