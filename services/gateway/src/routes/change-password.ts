import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { changePasswordBody, closedSessionsSchema } from '../schemas/person.ts';

export const changePassword = defineRoute({
  operationId: 'changePassword',
  method: 'put',
  path: '/users/me/password',
  summary: 'Change your password',
  description:
    'Closes all other sessions of the person, and ends resets and changes of address under way. The person is told by mail.',
  tags: ['Credentials'],
  access: access.identity.changePassword,
  request: {
    body: changePasswordBody,
    bodyExample: { current_password: 'Password123', new_password: 'correct horse battery staple' },
  },
  responses: {
    200: { description: 'The new password counts.', schema: closedSessionsSchema, example: { closed_sessions: 2 } },
  },
  errors: ['user_not_found', 'invalid_credentials', 'too_many_attempts', 'changed_meanwhile'],
  async handle({ context, body, services, closeSession }) {
    const { sessionIds, replayed } = await services.identity.changePassword(context, {
      currentPassword: body.current_password,
      newPassword: body.new_password,
    });
    for (const sessionId of sessionIds) closeSession(sessionId);
    return { status: 200, body: { closed_sessions: sessionIds.length }, replayed };
  },
});
