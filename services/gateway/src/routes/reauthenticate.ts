import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { sessionExample } from '../schemas/session.ts';
import { freshTokenSchema, reauthenticateBody } from '../schemas/sign-in.ts';

export const reauthenticate = defineRoute({
  operationId: 'reauthenticate',
  method: 'post',
  path: '/auth/reauthenticate',
  summary: 'Prove again who you are',
  description:
    'Within the session of the token. For 15 minutes from then on its access tokens open what needs a fresh log-in. Wrong ' +
    'passwords and codes count like failed log-ins.',
  tags: ['Sign-in'],
  access: access.identity.reauthenticate,
  request: { body: reauthenticateBody, bodyExample: { password: 'Password123' } },
  responses: {
    200: {
      description: 'A fresh access token. The refresh token stays as it is.',
      schema: freshTokenSchema,
      example: { access_token: sessionExample.access_token, token_type: 'Bearer', expires_in: 3600 },
    },
  },
  errors: ['invalid_credentials', 'second_factor_required', 'too_many_attempts'],
  async handle({ context, body, services }) {
    const proved = await services.identity.reauthenticate(context, { password: body.password, code: body.code ?? '' });
    return {
      status: 200,
      body: { access_token: proved.accessToken, token_type: 'Bearer', expires_in: proved.expiresInSeconds },
      replayed: proved.replayed,
    };
  },
});
