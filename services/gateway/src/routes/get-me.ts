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
    summary: 'Show who is signed in',
    tags: [tag],
    auth: 'user',
    responses: {
      200: {
        description: 'The person, the tenant of the token, and all tenants of the person.',
        schema: meSchema,
        example: { user: userExample, tenant: membershipExample, tenants: [membershipExample] },
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
      };
    },
  });
}
