import { createAddMember } from './add-member.ts';
import { createCreateOwner } from './create-owner.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { createEnsurePlatformAdmin } from './ensure-platform-admin.ts';
import { createGetMe } from './get-me.ts';
import { createGetTenantOwner } from './get-tenant-owner.ts';
import { createIssueServiceToken } from './issue-service-token.ts';
import { createListRevokedSessions } from './list-revoked-sessions.ts';
import { createLogIn } from './log-in.ts';
import { createLogOut } from './log-out.ts';
import { createPurgeExpired } from './purge-expired.ts';
import { createRefreshSession } from './refresh-session.ts';

/** All that this service can do. */
export type Identity = ReturnType<typeof createIdentity>;

export function createIdentity(dependencies: IdentityDependencies) {
  return {
    createOwner: createCreateOwner(dependencies),
    getTenantOwner: createGetTenantOwner(dependencies),
    addMember: createAddMember(dependencies),
    logIn: createLogIn(dependencies),
    refreshSession: createRefreshSession(dependencies),
    logOut: createLogOut(dependencies),
    getMe: createGetMe(dependencies),
    issueServiceToken: createIssueServiceToken(dependencies),
    listRevokedSessions: createListRevokedSessions(dependencies),
    ensurePlatformAdmin: createEnsurePlatformAdmin(dependencies),
    purgeExpired: createPurgeExpired(dependencies),
  };
}
