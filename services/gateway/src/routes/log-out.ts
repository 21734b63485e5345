import { z } from 'zod';
import { defineRoute } from '../http/define-route.ts';
import { instant, renderInstant, uuid } from '../schemas/common.ts';

const closedSchema = z.strictObject({ session_id: uuid, revoked_at: instant }).meta({ id: 'ClosedSession' });

export const logOut = defineRoute({
  operationId: 'logOut',
  method: 'post',
  path: '/auth/logout',
  summary: 'Log out',
  description: 'Closes the session of the token: neither it nor its refresh token counts any more.',
  tags: ['Sign-in'],
  auth: 'user',
  idempotencyKey: false,
  responses: {
    200: {
      description: 'The session is closed.',
      schema: closedSchema,
      example: { session_id: '0197a3c0-7777-7000-8000-000000000001', revoked_at: '2025-01-15T17:00:00.000Z' },
    },
  },
  async handle({ context, services, closeSession }) {
    const { sessionId, revokedAt } = await services.identity.logout(context, {});
    closeSession(sessionId);
    return { status: 200, body: { session_id: sessionId, revoked_at: renderInstant(revokedAt) } };
  },
});
