import type { Route } from '../http/define-route.ts';
import { acceptInvitation } from './accept-invitation.ts';
import { changeEmail } from './change-email.ts';
import { changeMemberRole, replaceMember } from './change-member-role.ts';
import { changePassword } from './change-password.ts';
import { changePlan } from './change-plan.ts';
import { commitImport } from './commit-import.ts';
import { confirmTotp } from './confirm-totp.ts';
import { correctExchangeRate, updateExchangeRate } from './correct-exchange-rate.ts';
import { createAccount } from './create-account.ts';
import { createApiKey } from './create-api-key.ts';
import { createCategory } from './create-category.ts';
import { createExchangeRate } from './create-exchange-rate.ts';
import { createImportMapping } from './create-import-mapping.ts';
import { createProject } from './create-project.ts';
import { deleteAccount } from './delete-account.ts';
import { deleteCategory } from './delete-category.ts';
import { deleteImportMapping } from './delete-import-mapping.ts';
import { deleteProject } from './delete-project.ts';
import { disableTotp } from './disable-totp.ts';
import { discardImport } from './discard-import.ts';
import { editExpense } from './edit-expense.ts';
import { enrollTotp } from './enroll-totp.ts';
import { eraseMe } from './erase-me.ts';
import { exportExpenses } from './export-expenses.ts';
import { exportMe } from './export-me.ts';
import { getAccount } from './get-account.ts';
import { getApiKey } from './get-api-key.ts';
import { getCategory } from './get-category.ts';
import { getEffectiveRate } from './get-effective-rate.ts';
import { getExchangeRate } from './get-exchange-rate.ts';
import { getExpense } from './get-expense.ts';
import { getExpenseTotals } from './get-expense-totals.ts';
import { getImport } from './get-import.ts';
import { getImportMapping } from './get-import-mapping.ts';
import { getCurrentUser, getMe } from './get-me.ts';
import { getMember } from './get-member.ts';
import { getMonthSummary } from './get-month-summary.ts';
import { getProject } from './get-project.ts';
import { getTenant } from './get-tenant.ts';
import { getTenantSecurity } from './get-tenant-security.ts';
import { getTrialBalance } from './get-trial-balance.ts';
import { getUsage } from './get-usage.ts';
import { importPlatformRates } from './import-platform-rates.ts';
import { inviteMember } from './invite-member.ts';
import { leaveTenant } from './leave-tenant.ts';
import { listAccountEntries } from './list-account-entries.ts';
import { listAccounts } from './list-accounts.ts';
import { listApiKeys } from './list-api-keys.ts';
import { listAuditEntries } from './list-audit-entries.ts';
import { listBalances } from './list-balances.ts';
import { listCategories } from './list-categories.ts';
import { listDeliveries } from './list-deliveries.ts';
import { listExchangeRates } from './list-exchange-rates.ts';
import { listExpenseHistory } from './list-expense-history.ts';
import { listExpenses } from './list-expenses.ts';
import { listImportMappings } from './list-import-mappings.ts';
import { listImportRows } from './list-import-rows.ts';
import { listImports } from './list-imports.ts';
import { listInvitations } from './list-invitations.ts';
import { listJournal } from './list-journal.ts';
import { listMembers } from './list-members.ts';
import { listPlans } from './list-plans.ts';
import { listProjects } from './list-projects.ts';
import { listRestatements } from './list-restatements.ts';
import { listSecurityEvents } from './list-security-events.ts';
import { listSessions } from './list-sessions.ts';
import { listTags } from './list-tags.ts';
import { listTenants, listTenantsForAdmin } from './list-tenants.ts';
import { logIn } from './log-in.ts';
import { logOut, logOutEverywhere } from './log-out.ts';
import { lookUpInvitation } from './look-up-invitation.ts';
import { reauthenticate } from './reauthenticate.ts';
import { rebuildReporting } from './rebuild-reporting.ts';
import { recordExpense } from './record-expense.ts';
import { recordExpenses } from './record-expenses.ts';
import { refreshSession } from './refresh-session.ts';
import { registerTenant } from './register-tenant.ts';
import { removeMember } from './remove-member.ts';
import { renewRecoveryCodes } from './renew-recovery-codes.ts';
import { replaceExpense } from './replace-expense.ts';
import { requestEmailVerification } from './request-email-verification.ts';
import { requestPasswordReset } from './request-password-reset.ts';
import { resendInvitation } from './resend-invitation.ts';
import { resetPassword } from './reset-password.ts';
import { reverseExpense } from './reverse-expense.ts';
import { revokeApiKey } from './revoke-api-key.ts';
import { revokeInvitation } from './revoke-invitation.ts';
import { revokeSession } from './revoke-session.ts';
import { rotateApiKey } from './rotate-api-key.ts';
import { rotateSigningKeys } from './rotate-signing-keys.ts';
import { startImport } from './start-import.ts';
import { switchTenant } from './switch-tenant.ts';
import { transferOwnership } from './transfer-ownership.ts';
import { undoImport } from './undo-import.ts';
import { replaceAccount, updateAccount } from './update-account.ts';
import { replaceApiKey, updateApiKey } from './update-api-key.ts';
import { replaceCategory, updateCategory } from './update-category.ts';
import { replaceImportMapping, updateImportMapping } from './update-import-mapping.ts';
import { replaceMe, updateMe } from './update-me.ts';
import { replaceProject, updateProject } from './update-project.ts';
import { replaceTenant, updateTenant } from './update-tenant.ts';
import { replaceTenantSecurity, updateTenantSecurity } from './update-tenant-security.ts';
import { verifyEmail } from './verify-email.ts';
import { verifyJournal } from './verify-journal.ts';
import { withdrawExchangeRate } from './withdraw-exchange-rate.ts';

/** Every operation of the API, in the order of the documentation. */
export const routes: readonly Route[] = [
  registerTenant,
  logIn,
  refreshSession,
  reauthenticate,
  switchTenant,
  logOut,
  logOutEverywhere,
  getMe,
  getCurrentUser,
  updateMe,
  replaceMe,
  exportMe,
  eraseMe,
  verifyEmail,
  requestEmailVerification,
  changeEmail,
  changePassword,
  requestPasswordReset,
  resetPassword,
  enrollTotp,
  confirmTotp,
  renewRecoveryCodes,
  disableTotp,
  listSessions,
  revokeSession,
  getTenant,
  updateTenant,
  replaceTenant,
  getTenantSecurity,
  updateTenantSecurity,
  replaceTenantSecurity,
  listSecurityEvents,
  listAuditEntries,
  listMembers,
  getMember,
  changeMemberRole,
  replaceMember,
  removeMember,
  leaveTenant,
  transferOwnership,
  inviteMember,
  listInvitations,
  resendInvitation,
  revokeInvitation,
  lookUpInvitation,
  acceptInvitation,
  createApiKey,
  listApiKeys,
  getApiKey,
  updateApiKey,
  replaceApiKey,
  rotateApiKey,
  revokeApiKey,
  listPlans,
  getUsage,
  createCategory,
  listCategories,
  getCategory,
  replaceCategory,
  updateCategory,
  deleteCategory,
  createAccount,
  listAccounts,
  getAccount,
  replaceAccount,
  updateAccount,
  deleteAccount,
  createProject,
  listProjects,
  getProject,
  replaceProject,
  updateProject,
  deleteProject,
  listTags,
  listExchangeRates,
  createExchangeRate,
  getEffectiveRate,
  listRestatements,
  getExchangeRate,
  correctExchangeRate,
  updateExchangeRate,
  withdrawExchangeRate,
  recordExpense,
  recordExpenses,
  listExpenses,
  getExpenseTotals,
  exportExpenses,
  listExpenseHistory,
  getExpense,
  replaceExpense,
  editExpense,
  reverseExpense,
  startImport,
  commitImport,
  discardImport,
  undoImport,
  listImports,
  getImport,
  listImportRows,
  createImportMapping,
  listImportMappings,
  getImportMapping,
  updateImportMapping,
  replaceImportMapping,
  deleteImportMapping,
  getMonthSummary,
  listBalances,
  getTrialBalance,
  listAccountEntries,
  verifyJournal,
  listJournal,
  listDeliveries,
  listTenants,
  listTenantsForAdmin,
  changePlan,
  importPlatformRates,
  rotateSigningKeys,
  rebuildReporting,
];
