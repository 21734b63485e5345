import type { Route } from '../http/define-route.ts';
import { changePlan } from './change-plan.ts';
import { createAccount } from './create-account.ts';
import { createCategory } from './create-category.ts';
import { createProject } from './create-project.ts';
import { editExpense } from './edit-expense.ts';
import { getExpense } from './get-expense.ts';
import { getImport } from './get-import.ts';
import { getCurrentUser, getMe } from './get-me.ts';
import { getMonthSummary } from './get-month-summary.ts';
import { getTenant } from './get-tenant.ts';
import { listAccounts } from './list-accounts.ts';
import { listCategories } from './list-categories.ts';
import { listDeliveries } from './list-deliveries.ts';
import { listExpenses } from './list-expenses.ts';
import { listImportRows } from './list-import-rows.ts';
import { listImports } from './list-imports.ts';
import { listPlans } from './list-plans.ts';
import { listProjects } from './list-projects.ts';
import { listTenants, listTenantsForAdmin } from './list-tenants.ts';
import { logIn } from './log-in.ts';
import { logOut } from './log-out.ts';
import { rebuildReporting } from './rebuild-reporting.ts';
import { recordExpense } from './record-expense.ts';
import { refreshSession } from './refresh-session.ts';
import { registerTenant } from './register-tenant.ts';
import { replaceExpense } from './replace-expense.ts';
import { reverseExpense } from './reverse-expense.ts';
import { startImport } from './start-import.ts';
import { updateTenant } from './update-tenant.ts';

/** Every operation of the API, in the order of the documentation. */
export const routes: readonly Route[] = [
  registerTenant,
  logIn,
  refreshSession,
  logOut,
  getMe,
  getCurrentUser,
  getTenant,
  updateTenant,
  listPlans,
  createCategory,
  listCategories,
  createAccount,
  listAccounts,
  createProject,
  listProjects,
  recordExpense,
  listExpenses,
  getExpense,
  replaceExpense,
  editExpense,
  reverseExpense,
  startImport,
  listImports,
  getImport,
  listImportRows,
  getMonthSummary,
  listDeliveries,
  listTenants,
  listTenantsForAdmin,
  changePlan,
  rebuildReporting,
];
