import type { Membership } from './person.ts';

/** Where a person who has proved who they are may go. */
export type TenantChoice =
  | { kind: 'entered'; membership: Membership }
  /** A platform admin who belongs to no tenant. */
  | { kind: 'outside' }
  /** They belong to several and named none. */
  | { kind: 'undecided'; memberships: readonly Membership[] }
  | { kind: 'refused' };

/** Decides which tenant a session acts in: the one that was named, else the person's only one. */
export function chooseTenant(
  person: { platformAdmin: boolean; memberships: readonly Membership[] },
  tenantId: string | undefined,
): TenantChoice {
  const { memberships, platformAdmin } = person;
  if (tenantId !== undefined) {
    const named = memberships.find((membership) => membership.tenantId === tenantId);
    return named ? { kind: 'entered', membership: named } : { kind: 'refused' };
  }
  const [only, ...others] = memberships;
  if (only === undefined) return platformAdmin ? { kind: 'outside' } : { kind: 'refused' };
  return others.length === 0 ? { kind: 'entered', membership: only } : { kind: 'undecided', memberships };
}
