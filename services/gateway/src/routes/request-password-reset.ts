import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { accepted, acceptedSchema, passwordResetBody } from '../schemas/person.ts';

export const requestPasswordReset = defineRoute({
  operationId: 'requestPasswordReset',
  method: 'post',
  path: '/auth/password-reset',
  summary: 'Ask for a new password',
  description:
    'Mails a token to the address, where somebody has it. The answer is the same where nobody does, and where too ' +
    'many were asked for.',
  tags: ['Credentials'],
  access: access.identity.requestPasswordReset,
  request: { body: passwordResetBody, bodyExample: { email: 'mara@acme.example' } },
  responses: { 202: { description: 'Heard.', schema: acceptedSchema, example: accepted } },
  async handle({ context, body, services }) {
    const { replayed } = await services.identity.requestPasswordReset(context, { email: body.email });
    return { status: 202, body: accepted, replayed };
  },
});
