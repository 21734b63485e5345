import type { identity } from '@outlay/contracts';
import { newId } from '@outlay/platform';
import type { FakeHandlers, TestIssuer, TestTenant } from '@outlay/testkit';
import { fakeMembers } from './fake-members.ts';
import { fakePerson } from './fake-person.ts';
import { at, page } from './fixtures.ts';

/** Lets everybody in as the tenant's owner. */
export function fakeIdentity(tenant: TestTenant, issuer: TestIssuer): FakeHandlers {
  const user: identity.User = {
    id: tenant.ownerId,
    email: 'mara@acme.example',
    firstName: 'Mara',
    lastName: 'Lind',
    platformAdmin: false,
    emailVerified: true,
    totpEnabled: false,
    version: 1n,
    createdAt: at,
  };
  const membership: identity.Membership = {
    tenantId: tenant.tenantId,
    tenantName: tenant.name,
    subdomain: tenant.subdomain,
    role: 'owner',
  };
  const opened = (sessionId = newId()) => ({
    session: {
      accessToken: issuer.token({ tenantId: tenant.tenantId, userId: tenant.ownerId, sessionId }),
      refreshToken: 'refresh',
      expiresInSeconds: 3600,
      sessionId,
    },
    user,
    membership,
  });
  return {
    login: () => opened(),
    refreshSession: () => opened(),
    reauthenticate: (_request: never, metadata: Record<string, string>) => ({
      accessToken: issuer.token({
        tenantId: tenant.tenantId,
        userId: tenant.ownerId,
        sessionId: sessionOf(metadata.authorization ?? ''),
      }),
      expiresInSeconds: 3600,
      replayed: false,
    }),
    switchTenant: () => opened(),
    logoutEverywhere: (_request: never, metadata: Record<string, string>) => ({
      sessionIds: [sessionOf(metadata.authorization ?? ''), newId()],
      revokedAt: at,
      replayed: false,
    }),
    listSessions: (_request: never, metadata: Record<string, string>) => ({
      sessions: [
        anOpenSession({ id: sessionOf(metadata.authorization ?? ''), tenantId: tenant.tenantId, current: true }),
        anOpenSession({ id: newId() }),
      ],
      page,
    }),
    revokeSession: ({ sessionId }: identity.RevokeSessionRequest) => ({ sessionId, revokedAt: at, replayed: false }),
    getTenantSecurity: () => ({ security: { sessionHours: 720, version: 3n } }),
    updateTenantSecurity: ({ sessionHours }: identity.UpdateTenantSecurityRequest) => ({
      security: { sessionHours: sessionHours ?? 720, version: 4n },
      replayed: false,
    }),
    listSecurityEvents: () => ({ events: [aSecurityEvent()], page }),
    rotateSigningKeys: () => ({ kid: 'a-new-key', signsFrom: at, replayed: false }),
    logout: (_request: never, metadata: Record<string, string>) => ({
      sessionId: sessionOf(metadata.authorization ?? ''),
      revokedAt: at,
    }),
    getMe: () => ({ user, membership, memberships: [membership] }),
    ...fakePerson(user),
    ...fakeMembers(tenant, { user, issuer }),
    getJwks: () => ({ jwksJson: JSON.stringify(issuer.jwks) }),
    issueServiceToken: () => ({ accessToken: issuer.token({ kind: 'service' }), expiresInSeconds: 3600 }),
    listRevokedSessions: () => ({ sessionIds: [] }),
  };
}

function anOpenSession(change: Partial<identity.OpenSession>): identity.OpenSession {
  return {
    id: newId(),
    tenantId: '',
    clientAddress: '192.0.2.7',
    userAgent: 'Laptop/1.0',
    openedAt: at,
    lastUsedAt: at,
    expiresAt: at,
    current: false,
    ...change,
  };
}

function aSecurityEvent(): identity.SecurityEvent {
  return {
    id: newId(),
    kind: 'login.failed',
    actorKind: 'anonymous',
    actorId: '',
    userId: newId(),
    clientAddress: '192.0.2.7',
    userAgent: '',
    details: { reason: 'wrong_password' },
    recordedAt: at,
  };
}

function sessionOf(authorization: string): string {
  const payload = authorization.split('.')[1] ?? '';
  return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')).sid;
}
