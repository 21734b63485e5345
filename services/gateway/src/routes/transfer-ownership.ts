import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { memberExample, memberSchema, newOwnerBody, renderMember } from '../schemas/member.ts';

export const transferOwnership = defineRoute({
  operationId: 'transferOwnership',
  method: 'post',
  path: '/tenant/owner',
  summary: 'Hand the tenant over to another member',
  description:
    'You become an admin. The sessions of both in the tenant are closed: both sign in again. ' +
    '`If-Match` takes the version of the successor as a member.',
  tags: ['Members'],
  access: access.identity.transferOwnership,
  ifMatch: true,
  request: { body: newOwnerBody, bodyExample: { user_id: memberExample.id } },
  responses: {
    200: {
      description: 'The owner from now on.',
      schema: memberSchema,
      example: { ...memberExample, role: 'owner', version: 2 },
      etag: true,
    },
  },
  errors: ['member_not_found', 'own_membership'],
  async handle({ context, body, ifMatch, services, closeSession }) {
    const { owner, sessionIds, replayed } = await services.identity.transferOwnership(context, {
      userId: body.user_id,
      version: ifMatch,
    });
    for (const sessionId of sessionIds) closeSession(sessionId);
    return { status: 200, body: renderMember(owner), version: owner?.version, replayed };
  },
});
