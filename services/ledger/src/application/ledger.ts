import type { TenantContext } from '@outlay/platform';
import type { ExpenseInput } from '../domain/revise-expense.ts';
import type { NamedPage, ReferenceFilter } from '../store/reference-rows.ts';
import type { ExpenseChange } from './change-expense.ts';
import { type CreateAccount, createAccount } from './create-account.ts';
import { type CreateCategory, createCategory } from './create-category.ts';
import { type CreateProject, createProject } from './create-project.ts';
import { deleteAccount } from './delete-account.ts';
import { deleteCategory } from './delete-category.ts';
import { deleteProject } from './delete-project.ts';
import type { LedgerDependencies } from './dependencies.ts';
import { type EditExpense, editExpense } from './edit-expense.ts';
import { type ExportExpenses, exportExpenses } from './export-expenses.ts';
import { getExpense } from './get-expense.ts';
import { getExpenseTotals } from './get-expense-totals.ts';
import { getAccount, getCategory, getProject } from './get-reference.ts';
import { type ExpenseHistoryPage, listExpenseHistory } from './list-expense-history.ts';
import { type ExpenseListing, listExpenses } from './list-expenses.ts';
import {
  type AccountFilter,
  type CategoryFilter,
  listAccounts,
  listCategories,
  listProjects,
} from './list-references.ts';
import { listTags, type TagListing } from './list-tags.ts';
import { recordExpense } from './record-expense.ts';
import { type RecordExpenses, recordExpenses } from './record-expenses.ts';
import { reverseExpense } from './reverse-expense.ts';
import { type SetTenantCurrency, setTenantCurrency } from './set-tenant-currency.ts';
import { streamExpenses } from './stream-expenses.ts';
import { createTenantPlaces } from './tenant-places.ts';
import { type UpdateAccount, updateAccount } from './update-account.ts';
import { type UpdateCategory, updateCategory } from './update-category.ts';
import { type UpdateProject, updateProject } from './update-project.ts';
import type { WantedExpenses } from './visibility.ts';

/** A quarter of the connections to the database: what a tenant books in bulk leaves others room. */
const bulksAtOnce = { ofTenant: 4 };

/** An export holds a call as long as its reader takes; these leave the calls of everybody else alone. */
const exportsAtOnce = { total: 64, ofTenant: 8 };

/** All that can be done with expenses and what they refer to. Each use case has a file of its own that says what it promises. */
export function createLedger(dependencies: LedgerDependencies) {
  const exportPlaces = createTenantPlaces(exportsAtOnce);
  const bulks = createTenantPlaces(bulksAtOnce);
  return {
    recordExpense: (context: TenantContext, input: ExpenseInput) => recordExpense(dependencies, context, input),
    getExpense: (context: TenantContext, expenseId: string) => getExpense(dependencies, context, expenseId),
    recordExpenses: (context: TenantContext, command: RecordExpenses) =>
      bulks.within(context.tenantId, () => recordExpenses(dependencies, context, command)),
    listExpenses: (context: TenantContext, listing: ExpenseListing) => listExpenses(dependencies, context, listing),
    getExpenseTotals: (context: TenantContext, filter: WantedExpenses) =>
      getExpenseTotals(dependencies, context, filter),
    listExpenseHistory: (context: TenantContext, page: ExpenseHistoryPage) =>
      listExpenseHistory(dependencies, context, page),
    exportExpenses: (context: TenantContext, command: ExportExpenses) =>
      exportExpenses({ ...dependencies, places: exportPlaces }, context, command),
    editExpense: (context: TenantContext, command: EditExpense) => editExpense(dependencies, context, command),
    reverseExpense: (context: TenantContext, command: ExpenseChange) => reverseExpense(dependencies, context, command),
    streamExpenses: (context: TenantContext) => streamExpenses(dependencies, context),

    createCategory: (context: TenantContext, command: CreateCategory) => createCategory(dependencies, context, command),
    getCategory: (context: TenantContext, categoryId: string) => getCategory(dependencies, context, categoryId),
    listCategories: (context: TenantContext, filter: CategoryFilter, page: NamedPage) =>
      listCategories(dependencies, context, filter, page),
    updateCategory: (context: TenantContext, command: UpdateCategory) => updateCategory(dependencies, context, command),
    deleteCategory: (context: TenantContext, command: { categoryId: string; version: bigint | undefined }) =>
      deleteCategory(dependencies, context, command),

    createAccount: (context: TenantContext, command: CreateAccount) => createAccount(dependencies, context, command),
    getAccount: (context: TenantContext, accountId: string) => getAccount(dependencies, context, accountId),
    listAccounts: (context: TenantContext, filter: AccountFilter, page: NamedPage) =>
      listAccounts(dependencies, context, filter, page),
    updateAccount: (context: TenantContext, command: UpdateAccount) => updateAccount(dependencies, context, command),
    deleteAccount: (context: TenantContext, command: { accountId: string; version: bigint | undefined }) =>
      deleteAccount(dependencies, context, command),

    createProject: (context: TenantContext, command: CreateProject) => createProject(dependencies, context, command),
    getProject: (context: TenantContext, projectId: string) => getProject(dependencies, context, projectId),
    listProjects: (context: TenantContext, filter: ReferenceFilter, page: NamedPage) =>
      listProjects(dependencies, context, filter, page),
    updateProject: (context: TenantContext, command: UpdateProject) => updateProject(dependencies, context, command),
    deleteProject: (context: TenantContext, command: { projectId: string; version: bigint | undefined }) =>
      deleteProject(dependencies, context, command),
    listTags: (context: TenantContext, listing: TagListing) => listTags(dependencies, context, listing),

    setTenantCurrency: (context: TenantContext, command: SetTenantCurrency) =>
      setTenantCurrency(dependencies, context, command),
  };
}

export type Ledger = ReturnType<typeof createLedger>;
