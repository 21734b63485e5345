import type { Membership } from './person.ts';

/** Where a person who has proved who they are may go. */
export type TenantChoice =
  | { kind: 'entered'; membership: Membership }
  /** They belong to no tenant: a platform admin, or somebody who sees to their own data. */
  | { kind: 'outside' }
  /** They belong to several and named none. */
  | { kind: 'undecided'; memberships: readonly Membership[] }
  | { kind: 'refused' };

/**
 * Decides which tenant a session acts in: the one that was named, else the person's only one. Whoever belongs to none any
 * more comes in outside of all, where they can export and erase what is kept of them.
 */
export function chooseTenant(memberships: readonly Membership[], tenantId: string | undefined): TenantChoice {
  if (tenantId !== undefined) {
    const named = memberships.find((membership) => membership.tenantId === tenantId);
    return named ? { kind: 'entered', membership: named } : { kind: 'refused' };
  }
  const [only, ...others] = memberships;
  if (only === undefined) return { kind: 'outside' };
  return others.length === 0 ? { kind: 'entered', membership: only } : { kind: 'undecided', memberships };
}
