import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { idParams } from '../schemas/common.ts';
import { closedSessionExample, closedSessionSchema, renderClosedSession } from '../schemas/sign-in.ts';

export const revokeSession = defineRoute({
  operationId: 'revokeSession',
  method: 'delete',
  path: '/users/me/sessions/{id}',
  summary: 'Close one of your sessions',
  description: 'Neither its refresh token nor its access tokens count from then on. Closing a closed session is fine.',
  tags: ['People'],
  access: access.identity.revokeSession,
  notFound: 'session_not_found',
  request: { params: idParams },
  responses: {
    200: { description: 'The session is closed.', schema: closedSessionSchema, example: closedSessionExample },
  },
  async handle({ context, params, services, closeSession }) {
    const closed = await services.identity.revokeSession(context, { sessionId: params.id });
    closeSession(closed.sessionId);
    return { status: 200, body: renderClosedSession(closed), replayed: closed.replayed };
  },
});
