import { notFound, type TenantContext } from '@outlay/platform';
import type { Member } from '../domain/person.ts';
import { findMember } from '../store/memberships.ts';
import type { IdentityDependencies } from './dependencies.ts';

/** A member of the tenant. Throws not_found `member_not_found`, also for somebody who belongs to another one. */
export function createGetMember({ database }: IdentityDependencies) {
  return async (context: TenantContext, query: { userId: string }): Promise<Member> => {
    const read = database.withTenant(context, (session) => findMember(session, context.tenantId, query.userId), {
      readOnly: true,
    });
    return (await read) ?? memberNotFound();
  };
}

export function memberNotFound(): never {
  throw notFound('member_not_found', 'Nobody of this tenant has this id');
}
