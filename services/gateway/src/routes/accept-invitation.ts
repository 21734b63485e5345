import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { present } from '../schemas/common.ts';
import { acceptBody, invitationToken, joinedSchema } from '../schemas/member.ts';
import { membershipExample, renderMembership, renderUser, userExample } from '../schemas/session.ts';

export const acceptInvitation = defineRoute({
  operationId: 'acceptInvitation',
  method: 'post',
  path: '/invitations/accept',
  summary: 'Accept an invitation',
  description:
    'Somebody new gives a name and chooses a password; their address counts as verified. A known person proves their ' +
    'password. Then log in.',
  tags: ['Invitations'],
  access: access.identity.acceptInvitation,
  request: {
    body: acceptBody,
    bodyExample: {
      token: invitationToken,
      password: 'correct horse battery staple',
      first_name: 'Ida',
      last_name: 'Berg',
    },
  },
  responses: {
    201: {
      description: 'They belong to the tenant.',
      schema: joinedSchema,
      example: { user: userExample, tenant: { ...membershipExample, role: 'analyst' } },
    },
  },
  errors: [
    'invitation_not_found',
    'invalid_credentials',
    'second_factor_required',
    'plan_limit_reached',
    'already_member',
    'email_taken',
    'too_many_attempts',
    'plan_unknown',
  ],
  async handle({ context, body, services }) {
    const { user, membership, replayed } = await services.identity.acceptInvitation(context, {
      token: body.token,
      password: body.password,
      firstName: body.first_name ?? '',
      lastName: body.last_name ?? '',
      code: body.code ?? '',
    });
    const tenant = renderMembership(present(membership, 'a membership'));
    return { status: 201, body: { user: renderUser(user), tenant }, replayed };
  },
});
