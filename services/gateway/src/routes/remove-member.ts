import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { idParams } from '../schemas/common.ts';
import { closedSessionsSchema } from '../schemas/person.ts';

export const removeMember = defineRoute({
  operationId: 'removeMember',
  method: 'delete',
  path: '/members/{id}',
  summary: 'Take a member out of the tenant',
  description: 'Closes their sessions in the tenant. What they booked, and keys that they made, stay.',
  tags: ['Members'],
  access: access.identity.removeMember,
  ifMatch: true,
  notFound: 'member_not_found',
  request: { params: idParams },
  responses: {
    200: { description: 'They belong to it no more.', schema: closedSessionsSchema, example: { closed_sessions: 1 } },
  },
  errors: ['owner_protected', 'own_membership'],
  async handle({ context, params, ifMatch, services, closeSession }) {
    const { sessionIds, replayed } = await services.identity.removeMember(context, {
      userId: params.id,
      version: ifMatch,
    });
    for (const sessionId of sessionIds) closeSession(sessionId);
    return { status: 200, body: { closed_sessions: sessionIds.length }, replayed };
  },
});
