import type { OutgoingEvent } from '@outlay/messaging';
import type { TenantId } from '@outlay/platform';
import type { RevocationReason } from '../store/sessions.ts';

/** A session is opened, which is its first version, and closed at most once. */
export function sessionRevoked(
  tenantId: TenantId,
  revocation: { sessionId: string; userId: string; reason: RevocationReason; revokedAt: Date },
): OutgoingEvent<'outlay.identity.session.revoked.v1'> {
  return {
    type: 'outlay.identity.session.revoked.v1',
    tenantId,
    subject: revocation.sessionId,
    aggregateVersion: 2,
    data: revocation,
  };
}
