import { type CallerContext, notFound } from '@outlay/platform';
import type { Membership, User } from '../domain/person.ts';
import { findPersonById } from '../store/people.ts';
import type { IdentityDependencies } from './dependencies.ts';

export interface Me {
  user: User;
  /** The one in the tenant of the caller's token. */
  membership: Membership | undefined;
  memberships: Membership[];
}

/** The caller with all their memberships. Throws not_found `user_not_found` when the token has outlived its user. */
export function createGetMe({ database }: IdentityDependencies) {
  return async (context: CallerContext): Promise<Me> => {
    const person = await findPersonById(database, context.actor.id);
    if (!person) throw notFound('user_not_found', 'The user does not exist');
    const { user, memberships } = person;
    return { user, memberships, membership: memberships.find(({ tenantId }) => tenantId === context.tenantId) };
  };
}
