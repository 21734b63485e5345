import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { idParams } from '../schemas/common.ts';
import { invitationExample, invitationSchema, renderInvitation } from '../schemas/member.ts';

export const resendInvitation = defineRoute({
  operationId: 'resendInvitation',
  method: 'post',
  path: '/invitations/{id}/resend',
  summary: 'Mail an invitation again',
  description: 'With a new token, good for a week from now; the one before is good no more.',
  tags: ['Invitations'],
  access: access.identity.resendInvitation,
  notFound: 'invitation_not_found',
  request: { params: idParams },
  responses: { 200: { description: 'The mail is on its way.', schema: invitationSchema, example: invitationExample } },
  errors: ['plan_limit_reached', 'invitation_closed', 'too_many_invitations', 'plan_unknown'],
  async handle({ context, params, services }) {
    const { invitation, replayed } = await services.identity.resendInvitation(context, { invitationId: params.id });
    return { status: 200, body: renderInvitation(invitation), replayed };
  },
});
