import { defineRoute } from '../http/define-route.ts';
import { refreshBody, renderSession, sessionExample, sessionSchema } from '../schemas/session.ts';

export const refreshSession = defineRoute({
  operationId: 'refreshSession',
  method: 'post',
  path: '/auth/refresh',
  summary: 'Exchange a refresh token for a new session',
  description:
    'Each refresh token is good once. For ten seconds it answers the same successor again, for clients that lost the ' +
    'answer; after that its use counts as theft and closes the session.',
  tags: ['Sign-in'],
  auth: 'public',
  idempotencyKey: false,
  request: { body: refreshBody, bodyExample: { refresh_token: sessionExample.refresh_token } },
  responses: { 200: { description: 'New tokens.', schema: sessionSchema, example: sessionExample } },
  errors: ['refresh_token_invalid'],
  async handle({ context, body, services }) {
    const renewed = await services.identity.refreshSession(context, { refreshToken: body.refresh_token });
    return { status: 200, body: renderSession(renewed) };
  },
});
