import { forbidden, parseInput, parsePage, toPage } from '@outlay/platform';
import type { Identity } from '../application/identity.ts';
import type { IdentityHandlers } from './identity-handlers.ts';
import { changeRoleSchema, listMembersSchema, memberPosition, userIdSchema } from './member-schemas.ts';
import { addMemberSchema, createOwnerSchema, tenantIdSchema } from './request-schemas.ts';

type Rpc =
  | 'createOwner'
  | 'getTenantOwner'
  | 'addMember'
  | 'listMembers'
  | 'getMember'
  | 'changeMemberRole'
  | 'removeMember'
  | 'leaveTenant'
  | 'transferOwnership';

/** Who belongs to a tenant, and as what. */
export function memberHandlers(identity: Identity): Pick<IdentityHandlers, Rpc> {
  return {
    async createOwner(context, request) {
      const owner = parseInput(createOwnerSchema, {
        tenant_id: request.tenantId,
        tenant_name: request.tenantName,
        subdomain: request.subdomain,
        email: request.email,
        password: request.password,
        first_name: request.firstName,
        last_name: request.lastName,
        not_after: request.notAfter,
      });
      const user = await identity.createOwner(context, {
        tenantId: owner.tenant_id,
        tenantName: owner.tenant_name,
        subdomain: owner.subdomain,
        email: owner.email,
        password: owner.password,
        firstName: owner.first_name,
        lastName: owner.last_name,
        ...(owner.not_after && { notAfter: owner.not_after }),
      });
      return { user };
    },

    async getTenantOwner(context, request) {
      const { tenant_id: tenantId } = parseInput(tenantIdSchema, { tenant_id: request.tenantId });
      return { user: await identity.getTenantOwner(context, { tenantId }) };
    },

    async addMember(context, request) {
      const { tenantId } = context;
      if (!tenantId) throw forbidden('access_denied', 'The caller acts for no tenant');
      const member = parseInput(addMemberSchema, {
        email: request.email,
        password: request.password,
        first_name: request.firstName,
        last_name: request.lastName,
        role: request.role,
      });
      return identity.addMember(
        { ...context, tenantId },
        {
          email: member.email,
          password: member.password,
          firstName: member.first_name,
          lastName: member.last_name,
          role: member.role,
        },
      );
    },

    async listMembers(context, request) {
      const { role } = parseInput(listMembersSchema, { role: request.role });
      const { limit, after } = parsePage(request.page, memberPosition);
      const found = await identity.listMembers(context, { role, after, count: limit + 1 });
      const { entries, page } = toPage(found, limit, ({ position }) => position);
      return { members: entries.map(({ member }) => member), page };
    },

    async getMember(context, request) {
      const { user_id: userId } = parseInput(userIdSchema, { user_id: request.userId });
      return { member: await identity.getMember(context, { userId }) };
    },

    async changeMemberRole(context, request) {
      const { user_id: userId, role } = parseInput(changeRoleSchema, { user_id: request.userId, role: request.role });
      return identity.changeMemberRole(context, { userId, role, version: request.version });
    },

    async removeMember(context, request) {
      const { user_id: userId } = parseInput(userIdSchema, { user_id: request.userId });
      return identity.removeMember(context, { userId, version: request.version });
    },

    leaveTenant: (context) => identity.leaveTenant(context),

    async transferOwnership(context, request) {
      const { user_id: userId } = parseInput(userIdSchema, { user_id: request.userId });
      return identity.transferOwnership(context, { userId, version: request.version });
    },
  };
}
