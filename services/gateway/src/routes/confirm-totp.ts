import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { codeBody, recoveryCodesExample, recoveryCodesSchema } from '../schemas/person.ts';

export const confirmTotp = defineRoute({
  operationId: 'confirmTotp',
  method: 'post',
  path: '/users/me/totp/confirm',
  summary: 'Switch the second factor on',
  description: 'With a first code of the authenticator. From then on log-in asks for a code.',
  tags: ['Credentials'],
  access: access.identity.confirmTotp,
  request: { body: codeBody, bodyExample: { code: '287082' } },
  responses: {
    200: {
      description: 'It is on. The codes get you in without the authenticator.',
      schema: recoveryCodesSchema,
      example: recoveryCodesExample,
    },
  },
  errors: ['user_not_found', 'invalid_credentials', 'too_many_attempts', 'totp_enabled', 'totp_not_enrolled'],
  async handle({ context, body, services }) {
    const { recoveryCodes, replayed } = await services.identity.confirmTotp(context, { code: body.code });
    return { status: 200, body: { recovery_codes: recoveryCodes }, replayed };
  },
});
