import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { codeBody, recoveryCodesExample, recoveryCodesSchema } from '../schemas/person.ts';

export const renewRecoveryCodes = defineRoute({
  operationId: 'renewRecoveryCodes',
  method: 'post',
  path: '/users/me/totp/recovery-codes',
  summary: 'Replace the recovery codes',
  description:
    'Makes ten new ones and answers them, once; the old ones are worth nothing from then on. Takes a code of the authenticator, or one of the old recovery codes.',
  tags: ['Credentials'],
  access: access.identity.renewRecoveryCodes,
  request: { body: codeBody, bodyExample: { code: '287082' } },
  responses: {
    200: {
      description: 'New codes; the ones before are worthless.',
      schema: recoveryCodesSchema,
      example: recoveryCodesExample,
    },
  },
  errors: ['user_not_found', 'invalid_credentials', 'too_many_attempts', 'totp_not_enabled'],
  async handle({ context, body, services }) {
    const { recoveryCodes, replayed } = await services.identity.renewRecoveryCodes(context, { code: body.code });
    return { status: 200, body: { recovery_codes: recoveryCodes }, replayed };
  },
});
