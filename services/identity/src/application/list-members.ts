import type { Role, TenantContext } from '@outlay/platform';
import { listMembers, type MemberPosition } from '../store/memberships.ts';
import type { IdentityDependencies } from './dependencies.ts';

/** The people of the tenant by name, at most `count`, behind a place in that order. */
export function createListMembers({ database }: IdentityDependencies) {
  return (
    context: TenantContext,
    query: { role: Role | undefined; after: MemberPosition | undefined; count: number },
  ): ReturnType<typeof listMembers> => {
    const { role, after, count: limit } = query;
    const { tenantId } = context;
    return database.withTenant(context, (session) => listMembers(session, { tenantId, role, after, limit }), {
      readOnly: true,
    });
  };
}
