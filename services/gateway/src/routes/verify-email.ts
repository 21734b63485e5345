import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { mailedToken, tokenBody, verifiedSchema } from '../schemas/person.ts';

export const verifyEmail = defineRoute({
  operationId: 'verifyEmail',
  method: 'post',
  path: '/auth/verify-email',
  summary: 'Verify an e-mail address',
  description:
    'Takes the token that was mailed on registration, on request, or for a change of address, which this brings ' +
    'about. A token is good once, for 24 hours, and until a newer one is mailed.',
  tags: ['Credentials'],
  access: access.identity.verifyEmail,
  request: { body: tokenBody, bodyExample: { token: mailedToken } },
  responses: {
    200: { description: 'The address is verified.', schema: verifiedSchema, example: { email: 'mara@acme.example' } },
  },
  errors: ['one_time_token_invalid', 'email_taken'],
  async handle({ context, body, services }) {
    const { email, replayed } = await services.identity.verifyEmail(context, { token: body.token });
    return { status: 200, body: { email }, replayed };
  },
});
