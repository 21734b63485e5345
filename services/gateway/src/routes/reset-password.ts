import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { closedSessionsSchema, mailedToken, resetPasswordBody } from '../schemas/person.ts';

export const resetPassword = defineRoute({
  operationId: 'resetPassword',
  method: 'post',
  path: '/auth/password-reset/confirm',
  summary: 'Set a new password with a mailed token',
  description:
    'A token is good once, for an hour. Closes all sessions of the person and verifies their address as well; the ' +
    'second factor stays.',
  tags: ['Credentials'],
  access: access.identity.resetPassword,
  request: {
    body: resetPasswordBody,
    bodyExample: { token: mailedToken, new_password: 'correct horse battery staple' },
  },
  responses: {
    200: { description: 'The new password counts.', schema: closedSessionsSchema, example: { closed_sessions: 3 } },
  },
  errors: ['one_time_token_invalid'],
  async handle({ context, body, services, closeSession }) {
    const { sessionIds, replayed } = await services.identity.resetPassword(context, {
      token: body.token,
      newPassword: body.new_password,
    });
    for (const sessionId of sessionIds) closeSession(sessionId);
    return { status: 200, body: { closed_sessions: sessionIds.length }, replayed };
  },
});
