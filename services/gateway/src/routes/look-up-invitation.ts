import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import {
  foundInvitationSchema,
  invitationExample,
  invitationToken,
  invitationTokenBody,
  renderInvitation,
} from '../schemas/member.ts';
import { membershipExample } from '../schemas/session.ts';

export const lookUpInvitation = defineRoute({
  operationId: 'lookUpInvitation',
  method: 'post',
  path: '/invitations/lookup',
  summary: 'Show what a token invites to',
  description: 'The token stands in the body, as addresses end up in logs.',
  tags: ['Invitations'],
  access: access.identity.getInvitation,
  idempotencyKey: false,
  request: { body: invitationTokenBody, bodyExample: { token: invitationToken } },
  responses: {
    200: {
      description: 'The invitation is open.',
      schema: foundInvitationSchema,
      example: {
        invitation: {
          id: invitationExample.id,
          email: invitationExample.email,
          role: invitationExample.role,
          expires_at: invitationExample.expires_at,
        },
        tenant: { id: membershipExample.id, name: membershipExample.name, subdomain: membershipExample.subdomain },
        known_person: false,
      },
    },
  },
  errors: ['invitation_not_found'],
  async handle({ context, body, services }) {
    const found = await services.identity.getInvitation(context, body);
    const { id, email, role, expires_at } = renderInvitation(found.invitation);
    return {
      status: 200,
      body: {
        invitation: { id, email, role, expires_at },
        tenant: { id: found.tenantId, name: found.tenantName, subdomain: found.subdomain },
        known_person: found.knownPerson,
      },
    };
  },
});
