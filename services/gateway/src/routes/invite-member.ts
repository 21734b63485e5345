import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { invitationExample, invitationSchema, inviteBody, renderInvitation } from '../schemas/member.ts';

export const inviteMember = defineRoute({
  operationId: 'inviteMember',
  method: 'post',
  path: '/invitations',
  summary: 'Invite somebody by mail',
  description:
    'The mail holds a link and its token, good for a week. An address has one open invitation; send that one again ' +
    'rather than another. Members and open invitations count against the plan.',
  tags: ['Invitations'],
  access: access.identity.inviteMember,
  request: { body: inviteBody, bodyExample: { email: invitationExample.email, role: invitationExample.role } },
  responses: { 201: { description: 'The mail is on its way.', schema: invitationSchema, example: invitationExample } },
  errors: ['plan_limit_reached', 'already_member', 'already_invited', 'too_many_invitations', 'plan_unknown'],
  async handle({ context, body, services }) {
    const { invitation, replayed } = await services.identity.inviteMember(context, body);
    return { status: 201, body: renderInvitation(invitation), replayed };
  },
});
