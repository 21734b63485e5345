import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { membershipExample, meSchema, renderMembership, renderUser, userExample } from '../schemas/session.ts';

/** One operation at two addresses. */
export const [getMe, getCurrentUser] = [
  getMeAt('getMe', '/auth/me', 'Sign-in'),
  getMeAt('getCurrentUser', '/users/me', 'People'),
] as const;

function getMeAt(operationId: string, path: string, tag: string) {
  return defineRoute({
    operationId,
    method: 'get',
    path,
    summary: `Show who is signed in (${path})`,
    description: 'The person, the tenant that the token is for, and all tenants they belong to.',
    tags: [tag],
    access: access.identity.getMe,
    errors: ['user_not_found'],
    responses: {
      200: {
        description: 'The person, the tenant of the token, and all tenants of the person.',
        schema: meSchema,
        example: { user: userExample, tenant: membershipExample, tenants: [membershipExample] },
        // It is the person's version; tenants have names of their own.
        etag: 'for_changes',
      },
    },
    async handle({ context, services }) {
      const { user, membership, memberships } = await services.identity.getMe(context, {});
      return {
        status: 200,
        body: {
          user: renderUser(user),
          tenant: membership ? renderMembership(membership) : null,
          tenants: memberships.map(renderMembership),
        },
        version: user?.version,
      };
    },
  });
}
