import { createAcceptInvitation } from './accept-invitation.ts';
import { createAddMember } from './add-member.ts';
import { createChangeEmail } from './change-email.ts';
import { createChangeMemberRole } from './change-member-role.ts';
import { createChangePassword } from './change-password.ts';
import { createConfirmTotp } from './confirm-totp.ts';
import { createCreateApiKey } from './create-api-key.ts';
import { createCreateOwner } from './create-owner.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { createDisableTotp } from './disable-totp.ts';
import { createDistributeSignInFailures } from './distribute-sign-in-failures.ts';
import { createEnrollTotp } from './enroll-totp.ts';
import { createEnsurePlatformAdmin } from './ensure-platform-admin.ts';
import { createEraseMe } from './erase-me.ts';
import { createExchangeApiKey } from './exchange-api-key.ts';
import { createExportMe } from './export-me.ts';
import { createGetInvitation } from './get-invitation.ts';
import { createGetMe } from './get-me.ts';
import { createGetMember } from './get-member.ts';
import { createGetTenantOwner } from './get-tenant-owner.ts';
import { createInviteMember } from './invite-member.ts';
import { createIssueServiceToken } from './issue-service-token.ts';
import { createLeaveTenant } from './leave-tenant.ts';
import { createGetApiKey, createListApiKeys } from './list-api-keys.ts';
import { createListInvitations } from './list-invitations.ts';
import { createListMembers } from './list-members.ts';
import { createListRevokedSessions } from './list-revoked-sessions.ts';
import { createListSecurityEvents } from './list-security-events.ts';
import { createListSessions } from './list-sessions.ts';
import { createLogIn } from './log-in.ts';
import { createLogOut, createLogOutEverywhere, createRevokeSession } from './log-out.ts';
import { createMailPasswordReset } from './mail-password-reset.ts';
import { createPurgeExpired } from './purge-expired.ts';
import { createReauthenticate } from './reauthenticate.ts';
import { createRefreshSession } from './refresh-session.ts';
import { createRemoveMember } from './remove-member.ts';
import { createRenewRecoveryCodes } from './renew-recovery-codes.ts';
import { createRequestEmailVerification } from './request-email-verification.ts';
import { createRequestPasswordReset } from './request-password-reset.ts';
import { createResendInvitation } from './resend-invitation.ts';
import { createResetPassword } from './reset-password.ts';
import { createRevokeApiKey } from './revoke-api-key.ts';
import { createRevokeInvitation } from './revoke-invitation.ts';
import { createRotateApiKey } from './rotate-api-key.ts';
import { createRotateDueSigningKeys, createRotateSigningKeys } from './rotate-signing-keys.ts';
import { createSwitchTenant } from './switch-tenant.ts';
import { createGetTenantSecurity, createUpdateTenantSecurity } from './tenant-security.ts';
import { createTransferOwnership } from './transfer-ownership.ts';
import { createUpdateApiKey } from './update-api-key.ts';
import { createUpdateMe } from './update-me.ts';
import { createVerifyEmail } from './verify-email.ts';

/** All that this service can do. */
export type Identity = ReturnType<typeof createIdentity>;

export function createIdentity(dependencies: IdentityDependencies) {
  return {
    createOwner: createCreateOwner(dependencies),
    getTenantOwner: createGetTenantOwner(dependencies),
    addMember: createAddMember(dependencies),
    logIn: createLogIn(dependencies),
    refreshSession: createRefreshSession(dependencies),
    reauthenticate: createReauthenticate(dependencies),
    switchTenant: createSwitchTenant(dependencies),
    logOut: createLogOut(dependencies),
    logOutEverywhere: createLogOutEverywhere(dependencies),
    listSessions: createListSessions(dependencies),
    revokeSession: createRevokeSession(dependencies),
    getTenantSecurity: createGetTenantSecurity(dependencies),
    updateTenantSecurity: createUpdateTenantSecurity(dependencies),
    listSecurityEvents: createListSecurityEvents(dependencies),
    distributeSignInFailures: createDistributeSignInFailures(dependencies),
    getMe: createGetMe(dependencies),
    updateMe: createUpdateMe(dependencies),
    exportMe: createExportMe(dependencies),
    eraseMe: createEraseMe(dependencies),
    requestEmailVerification: createRequestEmailVerification(dependencies),
    changeEmail: createChangeEmail(dependencies),
    verifyEmail: createVerifyEmail(dependencies),
    changePassword: createChangePassword(dependencies),
    requestPasswordReset: createRequestPasswordReset(dependencies),
    mailPasswordReset: createMailPasswordReset(dependencies),
    resetPassword: createResetPassword(dependencies),
    enrollTotp: createEnrollTotp(dependencies),
    confirmTotp: createConfirmTotp(dependencies),
    renewRecoveryCodes: createRenewRecoveryCodes(dependencies),
    disableTotp: createDisableTotp(dependencies),
    listMembers: createListMembers(dependencies),
    getMember: createGetMember(dependencies),
    changeMemberRole: createChangeMemberRole(dependencies),
    removeMember: createRemoveMember(dependencies),
    leaveTenant: createLeaveTenant(dependencies),
    transferOwnership: createTransferOwnership(dependencies),
    inviteMember: createInviteMember(dependencies),
    listInvitations: createListInvitations(dependencies),
    resendInvitation: createResendInvitation(dependencies),
    revokeInvitation: createRevokeInvitation(dependencies),
    getInvitation: createGetInvitation(dependencies),
    acceptInvitation: createAcceptInvitation(dependencies),
    createApiKey: createCreateApiKey(dependencies),
    listApiKeys: createListApiKeys(dependencies),
    getApiKey: createGetApiKey(dependencies),
    updateApiKey: createUpdateApiKey(dependencies),
    rotateApiKey: createRotateApiKey(dependencies),
    revokeApiKey: createRevokeApiKey(dependencies),
    exchangeApiKey: createExchangeApiKey(dependencies),
    issueServiceToken: createIssueServiceToken(dependencies),
    listRevokedSessions: createListRevokedSessions(dependencies),
    ensurePlatformAdmin: createEnsurePlatformAdmin(dependencies),
    rotateSigningKeys: createRotateSigningKeys(dependencies),
    rotateDueSigningKeys: createRotateDueSigningKeys(dependencies, dependencies.signingKeyDays),
    purgeExpired: createPurgeExpired(dependencies),
  };
}
