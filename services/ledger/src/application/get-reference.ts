import type { ledger } from '@outlay/contracts';
import type { TenantContext } from '@outlay/platform';
import { findAccount } from '../store/accounts.ts';
import { findCategory } from '../store/categories.ts';
import { findProject } from '../store/projects.ts';
import type { LedgerDependencies } from './dependencies.ts';
import { referenceNotFound } from './reference-errors.ts';
import { toShownAccount } from './visibility.ts';

/** One category, archived or not. Throws not_found `category_not_found`. */
export async function getCategory(
  { database }: LedgerDependencies,
  context: TenantContext,
  categoryId: string,
): Promise<ledger.Category> {
  const read = { readOnly: true };
  const category = await database.withTenant(context, (session) => findCategory(session, categoryId), read);
  if (category === undefined) throw referenceNotFound('category');
  return category;
}

/** One account, archived or not; members see no opening balance. Throws not_found `account_not_found`. */
export async function getAccount(
  { database }: LedgerDependencies,
  context: TenantContext,
  accountId: string,
): Promise<ledger.Account> {
  const read = { readOnly: true };
  const account = await database.withTenant(context, (session) => findAccount(session, accountId), read);
  if (account === undefined) throw referenceNotFound('account');
  return toShownAccount(context, account);
}

/** One project, archived or not. Throws not_found `project_not_found`. */
export async function getProject(
  { database }: LedgerDependencies,
  context: TenantContext,
  projectId: string,
): Promise<ledger.Project> {
  const read = { readOnly: true };
  const project = await database.withTenant(context, (session) => findProject(session, projectId), read);
  if (project === undefined) throw referenceNotFound('project');
  return project;
}
