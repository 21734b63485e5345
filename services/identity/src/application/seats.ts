import { conflict, DomainError, notFound, type Session, type TenantId, unavailable } from '@outlay/platform';
import { usersMax } from '../domain/seats.ts';
import { countSeats } from '../store/count-seats.ts';
import { type LockedTenant, lockTenant } from '../store/tenants.ts';

/** Takes the tenant for this transaction. Throws not_found `tenant_not_found`. */
export async function holdTenant(session: Pick<Session, 'query'>, tenantId: TenantId): Promise<LockedTenant> {
  const tenant = await lockTenant(session, tenantId);
  if (!tenant) throw notFound('tenant_not_found', 'There is no such tenant');
  return tenant;
}

/**
 * Makes sure that the plan has room for one person more. Exact, whatever is tried at once: nobody joins or is invited
 * beside the one who holds the tenant. Members count; where `invited` is given, so do the addresses whose invitation is
 * open. Throws forbidden `plan_limit_reached` with `metric`, `limit`, `used` and `remedy` in its meta, and unavailable
 * while the plan of a tenant that was just registered is on its way here.
 */
export async function assertSeat(
  session: Pick<Session, 'query'>,
  tenantId: TenantId,
  given: { tenant: LockedTenant; now: Date; invited?: { exceptInvitationId?: string } },
): Promise<void> {
  const { tenant, now, invited } = given;
  const limit = usersMax(tenant);
  if (limit === 'unknown') throw unavailable('plan_unknown', 'What the plan allows is not known yet; try again');
  if (limit === undefined) return;
  const seats = await countSeats(session, tenantId, { now, ...invited });
  const used = seats.members + (invited ? seats.invited : 0);
  if (used < limit) return;
  const people = limit === 1 ? '1 person' : `${limit} people`;
  throw new DomainError('forbidden', 'plan_limit_reached', `The plan is for ${people}, and ${used} are counted`, {
    meta: {
      metric: 'users',
      limit: String(limit),
      used: String(used),
      remedy: 'Change to a plan for more people, revoke an open invitation, or remove a member.',
    },
  });
}

export function alreadyMember(): DomainError {
  return conflict('already_member', 'This person belongs to the tenant already');
}
