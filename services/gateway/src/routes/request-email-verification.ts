import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { accepted, acceptedSchema } from '../schemas/person.ts';

export const requestEmailVerification = defineRoute({
  operationId: 'requestEmailVerification',
  method: 'post',
  path: '/users/me/email/verification',
  summary: 'Have another verification mailed',
  description: 'The ones before are worthless then. Five mails an hour for a person.',
  tags: ['Credentials'],
  access: access.identity.requestEmailVerification,
  responses: { 202: { description: 'It is on its way.', schema: acceptedSchema, example: accepted } },
  errors: ['user_not_found', 'email_already_verified', 'no_tenant', 'too_many_mails'],
  async handle({ context, services }) {
    const { replayed } = await services.identity.requestEmailVerification(context, {});
    return { status: 202, body: accepted, replayed };
  },
});
