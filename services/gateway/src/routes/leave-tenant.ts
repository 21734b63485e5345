import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { closedSessionsSchema } from '../schemas/person.ts';

export const leaveTenant = defineRoute({
  operationId: 'leaveTenant',
  method: 'post',
  path: '/members/leave',
  summary: 'Leave the tenant',
  description: 'Closes your sessions in it, this one too. The owner hands the tenant over first.',
  tags: ['Members'],
  access: access.identity.leaveTenant,
  responses: {
    200: { description: 'You belong to it no more.', schema: closedSessionsSchema, example: { closed_sessions: 1 } },
  },
  errors: ['owner_cannot_leave', 'member_not_found'],
  async handle({ context, services, closeSession }) {
    const { sessionIds, replayed } = await services.identity.leaveTenant(context, {});
    for (const sessionId of sessionIds) closeSession(sessionId);
    return { status: 200, body: { closed_sessions: sessionIds.length }, replayed };
  },
});
