import type { OutgoingEvent } from '@outlay/messaging';
import type { Role, TenantId } from '@outlay/platform';
import type { User } from '../domain/person.ts';

/** The version is the membership's: the first one, unless the person had belonged to the tenant before. */
export function memberJoined(
  tenantId: TenantId,
  user: User,
  membership: { role: Role; joinedAt: Date; version: bigint },
): OutgoingEvent<'outlay.identity.member.joined.v1'> {
  const { role, joinedAt, version } = membership;
  const { id: userId, email, firstName, lastName } = user;
  return {
    type: 'outlay.identity.member.joined.v1',
    tenantId,
    subject: userId,
    aggregateVersion: version,
    data: { userId, email, firstName, lastName, role, joinedAt },
  };
}
