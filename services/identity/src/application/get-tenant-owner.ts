import { type CallerContext, toTenantId } from '@outlay/platform';
import type { User } from '../domain/person.ts';
import { findOwner } from '../store/memberships.ts';
import type { IdentityDependencies } from './dependencies.ts';

/** Who owns a tenant; undefined when nobody does, as before its registration is complete. */
export function createGetTenantOwner({ database }: IdentityDependencies) {
  return (_context: CallerContext, query: { tenantId: string }): Promise<User | undefined> => {
    const tenantId = toTenantId(query.tenantId);
    return database.withTenant({ tenantId }, ({ prisma }) => findOwner(prisma, tenantId), { readOnly: true });
  };
}
