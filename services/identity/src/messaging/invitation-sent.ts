import type { OutgoingEvent } from '@outlay/messaging';
import type { TenantId } from '@outlay/platform';
import type { Invitation } from '../domain/invitation.ts';

/** An invitation is mailed when it is made, and whenever it is sent again. */
export function invitationSent(
  tenantId: TenantId,
  sent: {
    invitation: Invitation;
    inviterName: string;
    tenant: { name: string; subdomain: string };
    occasion: number;
    /** Only the sender of mails can open it. */
    sealedToken: Buffer;
  },
): OutgoingEvent<'outlay.identity.invitation.sent.v1'> {
  const { invitation, inviterName, tenant, occasion, sealedToken } = sent;
  const { id, email, role, expiresAt, version } = invitation;
  return {
    type: 'outlay.identity.invitation.sent.v1',
    tenantId,
    subject: id,
    aggregateVersion: version,
    data: {
      invitationId: id,
      email,
      role,
      inviterName,
      tenantName: tenant.name,
      subdomain: tenant.subdomain,
      occasion,
      sealedToken,
      expiresAt,
    },
  };
}
