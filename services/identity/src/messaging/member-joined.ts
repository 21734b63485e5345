import type { OutgoingEvent } from '@outlay/messaging';
import type { Role, TenantId } from '@outlay/platform';
import type { User } from '../domain/person.ts';

/** A membership exists in its first version; later ones are other events. */
export function memberJoined(
  tenantId: TenantId,
  user: User,
  role: Role,
  joinedAt: Date,
): OutgoingEvent<'outlay.identity.member.joined.v1'> {
  const { id: userId, email, firstName, lastName } = user;
  return {
    type: 'outlay.identity.member.joined.v1',
    tenantId,
    subject: userId,
    aggregateVersion: 1,
    data: { userId, email, firstName, lastName, role, joinedAt },
  };
}
