import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { accepted, acceptedSchema, changeEmailBody } from '../schemas/person.ts';

export const changeEmail = defineRoute({
  operationId: 'changeEmail',
  method: 'post',
  path: '/users/me/email',
  summary: 'Change your e-mail address',
  description:
    'A token is mailed to the new address; the change happens when it is presented (`POST /auth/verify-email`), and ' +
    'the address before is told. Sessions stay.',
  tags: ['Credentials'],
  access: access.identity.changeEmail,
  request: { body: changeEmailBody, bodyExample: { email: 'mara@lindqvist.example', password: 'Password123' } },
  responses: {
    202: { description: 'The new address awaits its verification.', schema: acceptedSchema, example: accepted },
  },
  errors: [
    'user_not_found',
    'invalid_credentials',
    'too_many_attempts',
    'too_many_mails',
    'email_taken',
    'no_tenant',
    'changed_meanwhile',
  ],
  async handle({ context, body, services }) {
    const { email: newEmail, password } = body;
    const { replayed } = await services.identity.changeEmail(context, { newEmail, password });
    return { status: 202, body: accepted, replayed };
  },
});
