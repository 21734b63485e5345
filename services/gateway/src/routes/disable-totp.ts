import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { codeBody, totpStateSchema } from '../schemas/person.ts';

export const disableTotp = defineRoute({
  operationId: 'disableTotp',
  method: 'post',
  path: '/users/me/totp/disable',
  summary: 'Switch the second factor off',
  description: 'For a code of the authenticator or a recovery code. Secret and recovery codes are forgotten.',
  tags: ['Credentials'],
  access: access.identity.disableTotp,
  request: { body: codeBody, bodyExample: { code: '287082' } },
  responses: {
    200: { description: 'It is off.', schema: totpStateSchema, example: { totp_enabled: false } },
  },
  errors: ['user_not_found', 'invalid_credentials', 'too_many_attempts', 'totp_not_enabled'],
  async handle({ context, body, services }) {
    const { replayed } = await services.identity.disableTotp(context, { code: body.code });
    return { status: 200, body: { totp_enabled: false }, replayed };
  },
});
