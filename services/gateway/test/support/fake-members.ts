import type { identity } from '@outlay/contracts';
import { newId, notFound, unauthenticated } from '@outlay/platform';
import type { FakeHandlers, TestIssuer, TestTenant } from '@outlay/testkit';
import { at, page } from './fixtures.ts';
import { rpcError } from './rpc-error.ts';

const replayed = false;

/** A secret of the right shape that no key has. */
export const unknownSecret = `outlay_${'x'.repeat(43)}`;

export function aMember(user: identity.User, change: Partial<identity.Member> = {}): identity.Member {
  return { user, role: 'member', joinedAt: at, version: 1n, ...change };
}

export function anInvitation(change: Partial<identity.Invitation> = {}): identity.Invitation {
  return {
    id: newId(),
    email: 'ida@acme.example',
    role: 'member',
    status: 'pending',
    invitedBy: newId(),
    invitedAt: at,
    expiresAt: at,
    acceptedAt: undefined,
    version: 1n,
    ...change,
  };
}

export function anApiKey(change: Partial<identity.ApiKey> = {}): identity.ApiKey {
  return {
    id: newId(),
    name: 'Import',
    scopes: ['expenses:write'],
    prefix: 'outlay_uQ7zq0',
    createdBy: newId(),
    createdAt: at,
    expiresAt: undefined,
    lastUsedAt: undefined,
    revokedAt: undefined,
    overlapEndsAt: undefined,
    version: 1n,
    ...change,
  };
}

/** The people of a tenant, who is invited, and the keys of machines. A secret's scopes stand in the tests' own table. */
export function fakeMembers(
  tenant: TestTenant,
  { user, issuer }: { user: identity.User; issuer: TestIssuer },
): FakeHandlers {
  const membership = {
    tenantId: tenant.tenantId,
    tenantName: tenant.name,
    subdomain: tenant.subdomain,
    role: 'member',
  };
  const secret = `outlay_${'s'.repeat(43)}`;
  return {
    listMembers: () => ({ members: [aMember(user)], page }),
    getMember: ({ userId }: identity.GetMemberRequest) => ({
      member: aMember({ ...user, id: userId }, { version: 3n }),
    }),
    changeMemberRole: ({ userId, role }: identity.ChangeMemberRoleRequest) => ({
      member: aMember({ ...user, id: userId }, { role, version: 2n }),
      sessionIds: [newId()],
      replayed,
    }),
    removeMember: () => ({ member: aMember(user), sessionIds: [newId()], replayed }),
    leaveTenant: () => ({ sessionIds: [newId()], replayed }),
    transferOwnership: ({ userId }: identity.TransferOwnershipRequest) => ({
      owner: aMember({ ...user, id: userId }, { role: 'owner', version: 2n }),
      sessionIds: [newId(), newId()],
      replayed,
    }),
    inviteMember: ({ email, role }: identity.InviteMemberRequest) => ({
      invitation: anInvitation({ email, role }),
      replayed,
    }),
    listInvitations: () => ({
      invitations: [anInvitation(), anInvitation({ status: 'accepted', acceptedAt: at })],
      page,
    }),
    resendInvitation: ({ invitationId: id }: identity.ResendInvitationRequest) => ({
      invitation: anInvitation({ id, version: 2n }),
      replayed,
    }),
    revokeInvitation: ({ invitationId: id }: identity.RevokeInvitationRequest) => ({
      invitation: anInvitation({ id, status: 'revoked', version: 2n }),
      replayed,
    }),
    getInvitation: ({ token }: identity.GetInvitationRequest) => {
      if (token === 'unknown') throw rpcError(notFound('invitation_not_found', 'There is no such invitation'));
      return { ...membership, invitation: anInvitation(), knownPerson: false };
    },
    acceptInvitation: () => ({ user, membership, replayed }),
    createApiKey: ({ name, scopes, expiresAt }: identity.CreateApiKeyRequest) => ({
      apiKey: anApiKey({ name, scopes, expiresAt }),
      secret,
      replayed,
    }),
    listApiKeys: () => ({ apiKeys: [anApiKey(), anApiKey({ revokedAt: at, lastUsedAt: at })], page }),
    getApiKey: ({ apiKeyId: id }: identity.GetApiKeyRequest) => ({ apiKey: anApiKey({ id, version: 4n }) }),
    updateApiKey: ({ apiKeyId: id, name }: identity.UpdateApiKeyRequest) => ({
      apiKey: anApiKey({ id, name: name ?? 'Import', version: 5n }),
      replayed,
    }),
    rotateApiKey: ({ apiKeyId: id }: identity.RotateApiKeyRequest) => ({
      apiKey: anApiKey({ id, overlapEndsAt: at, version: 6n }),
      secret,
      replayed,
    }),
    revokeApiKey: ({ apiKeyId: id }: identity.RevokeApiKeyRequest) => ({
      apiKey: anApiKey({ id, revokedAt: at, version: 7n }),
      replayed,
    }),
    exchangeApiKey: ({ secret: shown }: identity.ExchangeApiKeyRequest) => {
      if (shown === unknownSecret) throw rpcError(unauthenticated('api_key_invalid', 'The API key is not valid'));
      return { accessToken: keyToken(issuer, tenant, ['expenses:write']), expiresInSeconds: 300 };
    },
  };
}

/** What identity gives in exchange for a key. */
export function keyToken(issuer: TestIssuer, tenant: TestTenant, scopes: string[], keyId = newId()): string {
  return issuer.token({
    kind: 'api_key',
    userId: keyId,
    sessionId: keyId,
    tenantId: tenant.tenantId,
    role: 'admin',
    scopes,
    expiresInSeconds: 300,
  });
}
