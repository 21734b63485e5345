import type { TenantContext } from '@outlay/platform';
import type { ExpenseInput } from '../domain/revise-expense.ts';
import type { ExpenseChange } from './change-expense.ts';
import { type CreateAccount, createAccount } from './create-account.ts';
import { createCategory } from './create-category.ts';
import { createProject } from './create-project.ts';
import type { LedgerDependencies } from './dependencies.ts';
import { type EditExpense, editExpense } from './edit-expense.ts';
import { getExpense } from './get-expense.ts';
import { type ExpenseListing, listExpenses } from './list-expenses.ts';
import { listAccounts, listCategories, listProjects, type NamedPage } from './list-references.ts';
import { recordExpense } from './record-expense.ts';
import { reverseExpense } from './reverse-expense.ts';
import { setTenantCurrency } from './set-tenant-currency.ts';
import { streamExpenses } from './stream-expenses.ts';

/** All that can be done with the books, imports apart. Each use case has a file of its own that says what it promises. */
export function createLedger(dependencies: LedgerDependencies) {
  return {
    recordExpense: (context: TenantContext, input: ExpenseInput) => recordExpense(dependencies, context, input),
    getExpense: (context: TenantContext, expenseId: string) => getExpense(dependencies, context, expenseId),
    listExpenses: (context: TenantContext, listing: ExpenseListing) => listExpenses(dependencies, context, listing),
    editExpense: (context: TenantContext, command: EditExpense) => editExpense(dependencies, context, command),
    reverseExpense: (context: TenantContext, command: ExpenseChange) => reverseExpense(dependencies, context, command),
    streamExpenses: (context: TenantContext) => streamExpenses(dependencies, context),

    createCategory: (context: TenantContext, command: { name: string }) =>
      createCategory(dependencies, context, command),
    listCategories: (context: TenantContext, page: NamedPage) => listCategories(dependencies, context, page),
    createAccount: (context: TenantContext, command: CreateAccount) => createAccount(dependencies, context, command),
    listAccounts: (context: TenantContext, page: NamedPage) => listAccounts(dependencies, context, page),
    createProject: (context: TenantContext, command: { name: string }) => createProject(dependencies, context, command),
    listProjects: (context: TenantContext, page: NamedPage) => listProjects(dependencies, context, page),

    setTenantCurrency: (context: TenantContext, currency: string) => setTenantCurrency(dependencies, context, currency),
  };
}

export type Ledger = ReturnType<typeof createLedger>;
