import type { OutgoingEvent } from '@outlay/messaging';
import type { Role, TenantId } from '@outlay/platform';

/** A member has another role; the version is the membership's. */
export function memberRoleChanged(
  tenantId: TenantId,
  change: { userId: string; role: Role; previousRole: Role; changedAt: Date; version: bigint },
): OutgoingEvent<'outlay.identity.member.role_changed.v1'> {
  const { version, ...data } = change;
  return {
    type: 'outlay.identity.member.role_changed.v1',
    tenantId,
    subject: change.userId,
    aggregateVersion: version,
    data,
  };
}

/** A person belongs to the tenant no more; the version is the one their membership ends with. */
export function memberRemoved(
  tenantId: TenantId,
  removal: { userId: string; reason: 'removed' | 'left' | 'erased'; removedAt: Date; version: bigint },
): OutgoingEvent<'outlay.identity.member.removed.v1'> {
  const { version, ...data } = removal;
  return {
    type: 'outlay.identity.member.removed.v1',
    tenantId,
    subject: removal.userId,
    aggregateVersion: version,
    data,
  };
}
