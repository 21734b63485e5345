import { identity as contract } from '@outlay/contracts';
import { type BoundService, defineService, parseInput } from '@outlay/platform';
import type { Identity } from '../application/identity.ts';
import type { SigningKeys } from '../security/signing-keys.ts';
import { addMemberSchema, createOwnerSchema, loginSchema, tenantIdSchema } from './request-schemas.ts';
import { toSessionResponse } from './responses.ts';

/** The RPCs of this service: who may call each, what is read from its request, and which use case answers it. */
export function identityService(identity: Identity, keys: SigningKeys): BoundService {
  return defineService(contract.IdentityServiceService, {
    createOwner: {
      access: 'service',
      async handle(context, request) {
        const owner = parseInput(createOwnerSchema, {
          tenant_id: request.tenantId,
          tenant_name: request.tenantName,
          subdomain: request.subdomain,
          email: request.email,
          password: request.password,
          first_name: request.firstName,
          last_name: request.lastName,
        });
        const user = await identity.createOwner(context, {
          tenantId: owner.tenant_id,
          tenantName: owner.tenant_name,
          subdomain: owner.subdomain,
          email: owner.email,
          password: owner.password,
          firstName: owner.first_name,
          lastName: owner.last_name,
        });
        return { user };
      },
    },

    getTenantOwner: {
      access: 'service',
      async handle(context, request) {
        const { tenant_id: tenantId } = parseInput(tenantIdSchema, { tenant_id: request.tenantId });
        return { user: await identity.getTenantOwner(context, { tenantId }) };
      },
    },

    addMember: {
      access: 'tenant',
      roles: ['owner', 'admin'],
      async handle(context, request) {
        const member = parseInput(addMemberSchema, {
          email: request.email,
          password: request.password,
          first_name: request.firstName,
          last_name: request.lastName,
          role: request.role,
        });
        return identity.addMember(context, {
          email: member.email,
          password: member.password,
          firstName: member.first_name,
          lastName: member.last_name,
          role: member.role,
        });
      },
    },

    login: {
      access: 'public',
      async handle(context, request) {
        const login = parseInput(loginSchema, {
          email: request.email,
          password: request.password,
          tenant_id: request.tenantId,
          client_address: request.clientAddress,
        });
        const signedIn = await identity.logIn(context, {
          email: login.email,
          password: login.password,
          tenantId: login.tenant_id,
          clientAddress: login.client_address,
        });
        return toSessionResponse(signedIn);
      },
    },

    refreshSession: {
      access: 'public',
      handle: async (context, { refreshToken }) =>
        toSessionResponse(await identity.refreshSession(context, { refreshToken })),
    },

    logout: {
      access: 'user',
      handle: (context) => identity.logOut(context),
    },

    getMe: {
      access: 'user',
      handle: (context) => identity.getMe(context),
    },

    getJwks: {
      access: 'public',
      handle: async () => ({ jwksJson: JSON.stringify(await keys.publicKeys()) }),
    },

    issueServiceToken: {
      access: 'public',
      async handle(context, request) {
        const { token, expiresInSeconds } = await identity.issueServiceToken(context, request);
        return { accessToken: token, expiresInSeconds };
      },
    },

    listRevokedSessions: {
      access: 'service',
      handle: async (context, { since }) => ({ sessionIds: await identity.listRevokedSessions(context, { since }) }),
    },
  });
}
