import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { renderInstant } from '../schemas/common.ts';
import {
  closedSessionExample,
  closedSessionSchema,
  closedSessionsSchema,
  renderClosedSession,
} from '../schemas/sign-in.ts';

export const logOut = defineRoute({
  operationId: 'logOut',
  method: 'post',
  path: '/auth/logout',
  summary: 'Log out',
  description: 'Closes the session of the token: neither it nor its refresh token counts any more.',
  tags: ['Sign-in'],
  access: access.identity.logout,
  replaysInClosedSession: true,
  responses: {
    200: { description: 'The session is closed.', schema: closedSessionSchema, example: closedSessionExample },
  },
  async handle({ context, services, closeSession }) {
    const closed = await services.identity.logout(context, {});
    closeSession(closed.sessionId);
    return { status: 200, body: renderClosedSession(closed), replayed: closed.replayed };
  },
});

export const logOutEverywhere = defineRoute({
  operationId: 'logOutEverywhere',
  method: 'post',
  path: '/auth/logout-all',
  summary: 'Log out everywhere',
  description: 'Closes all sessions of the person, this one too, in all tenants.',
  tags: ['Sign-in'],
  access: access.identity.logoutEverywhere,
  replaysInClosedSession: true,
  responses: {
    200: {
      description: 'The sessions are closed.',
      schema: closedSessionsSchema,
      example: { session_ids: [closedSessionExample.session_id], revoked_at: closedSessionExample.revoked_at },
    },
  },
  async handle({ context, services, closeSession }) {
    const { sessionIds, revokedAt, replayed } = await services.identity.logoutEverywhere(context, {});
    for (const sessionId of sessionIds) closeSession(sessionId);
    return { status: 200, body: { session_ids: sessionIds, revoked_at: renderInstant(revokedAt) }, replayed };
  },
});
