import { conflict, forbidden, preconditionFailed, type Role, type TenantContext } from '@outlay/platform';
import type { Member } from '../domain/person.ts';
import type { IdentitySession } from '../store/database.ts';
import { findMember } from '../store/memberships.ts';
import { memberNotFound } from './get-member.ts';
import { holdTenant } from './seats.ts';

/**
 * Holds the tenant and answers the member whom the caller is about to manage. What the caller may is looked up here
 * once more: of two admins who remove each other at once, one stays. Throws forbidden `role_required`, not_found
 * `member_not_found`, conflict `own_membership` and `owner_protected`, precondition_failed `version_mismatch`.
 */
export async function holdManaged(
  session: IdentitySession,
  context: TenantContext,
  managed: { userId: string; version: bigint | undefined },
): Promise<Member> {
  const { tenantId, actor } = context;
  await holdTenant(session, tenantId);
  await assertStill(session, context, ['owner', 'admin']);
  const member = (await findMember(session, tenantId, managed.userId)) ?? memberNotFound();
  if (member.role === 'owner') {
    throw conflict('owner_protected', 'The owner stays the owner until they hand the tenant over');
  }
  if (member.user.id === actor.id) {
    throw conflict('own_membership', 'Others manage your membership; you can leave the tenant');
  }
  if (managed.version !== undefined && managed.version !== member.version) {
    throw preconditionFailed('version_mismatch', 'The member has changed since');
  }
  return member;
}

/** Throws forbidden `role_required` where the caller has lost their role since their token was issued. */
export async function assertStill(
  session: IdentitySession,
  { tenantId, actor }: TenantContext,
  roles: readonly Role[],
): Promise<Member> {
  const caller = await findMember(session, tenantId, actor.id);
  if (!caller || !roles.includes(caller.role)) {
    throw forbidden('role_required', `This needs one of the roles ${roles.join(', ')}`);
  }
  return caller;
}
