import { parseInput, parsePage, toPage } from '@outlay/platform';
import type { Identity } from '../application/identity.ts';
import type { IdentityHandlers } from './identity-handlers.ts';
import {
  acceptSchema,
  invitationIdSchema,
  invitationPosition,
  invitationTokenSchema,
  inviteSchema,
  listInvitationsSchema,
} from './invitation-schemas.ts';

type Rpc =
  | 'inviteMember'
  | 'listInvitations'
  | 'resendInvitation'
  | 'revokeInvitation'
  | 'getInvitation'
  | 'acceptInvitation';

/** Who is asked to belong to a tenant, and how they join. */
export function invitationHandlers(identity: Identity): Pick<IdentityHandlers, Rpc> {
  return {
    async inviteMember(context, request) {
      return identity.inviteMember(context, parseInput(inviteSchema, { email: request.email, role: request.role }));
    },

    async listInvitations(context, request) {
      const { status } = parseInput(listInvitationsSchema, { status: request.status });
      const { limit, after } = parsePage(request.page, invitationPosition);
      const found = await identity.listInvitations(context, { status, after: after?.id, count: limit + 1 });
      const { entries, page } = toPage(found, limit, ({ id }) => ({ id }));
      return { invitations: entries, page };
    },

    async resendInvitation(context, request) {
      const { invitation_id: invitationId } = parseInput(invitationIdSchema, { invitation_id: request.invitationId });
      return identity.resendInvitation(context, { invitationId });
    },

    async revokeInvitation(context, request) {
      const { invitation_id: invitationId } = parseInput(invitationIdSchema, { invitation_id: request.invitationId });
      return identity.revokeInvitation(context, { invitationId });
    },

    async getInvitation(context, request) {
      const { token } = parseInput(invitationTokenSchema, { token: request.token });
      const invitation = await identity.getInvitation(context, { token });
      const { tenantId, tenantName, subdomain, knownPerson } = invitation;
      return { invitation, tenantId, tenantName, subdomain, knownPerson };
    },

    async acceptInvitation(context, request) {
      const {
        first_name: firstName,
        last_name: lastName,
        ...rest
      } = parseInput(acceptSchema, {
        token: request.token,
        password: request.password,
        first_name: request.firstName,
        last_name: request.lastName,
        code: request.code,
      });
      return identity.acceptInvitation(context, { ...rest, firstName, lastName });
    },
  };
}
