import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { idParams } from '../schemas/common.ts';
import { invitationExample, invitationSchema, renderInvitation } from '../schemas/member.ts';

export const revokeInvitation = defineRoute({
  operationId: 'revokeInvitation',
  method: 'delete',
  path: '/invitations/{id}',
  summary: 'Take an invitation back',
  description: 'The token in the mail is worth nothing from then on. The address can be invited again.',
  tags: ['Invitations'],
  access: access.identity.revokeInvitation,
  notFound: 'invitation_not_found',
  request: { params: idParams },
  responses: {
    200: {
      description: 'Its token is good no more.',
      schema: invitationSchema,
      example: { ...invitationExample, status: 'revoked' },
    },
  },
  errors: ['invitation_closed'],
  async handle({ context, params, services }) {
    const { invitation, replayed } = await services.identity.revokeInvitation(context, { invitationId: params.id });
    return { status: 200, body: renderInvitation(invitation), replayed };
  },
});
