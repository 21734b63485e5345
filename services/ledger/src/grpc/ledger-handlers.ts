import type { ledger } from '@outlay/contracts';
import {
  type CallerContext,
  forbidden,
  parseInput,
  type Role,
  type ServiceHandlers,
  type TenantContext,
  toTenantId,
} from '@outlay/platform';
import { z } from 'zod';
import type { Ledger } from '../application/ledger.ts';
import { toExpenseMessage } from '../messaging/expense-message.ts';
import { currency, id, name, optional, storedName } from './fields.ts';
import { parseChanges, parseExpense } from './parse-expense.ts';
import { parseListing } from './parse-listing.ts';
import { parsePage, toPageInfo } from './parse-page.ts';

type Handlers = ServiceHandlers<typeof ledger.LedgerServiceService>;
type ImportRpc = 'startImport' | 'getImport' | 'listImports' | 'listImportRows';

/** Analysts read everything and write nothing; members write, within what is theirs. */
const writers: readonly Role[] = ['owner', 'admin', 'member'];
/** What all share is made by those who manage the tenant. */
const managers: readonly Role[] = ['owner', 'admin'];

/** The RPCs of the ledger, imports apart: who may call, what is read from the request, how the answer is rendered. */
export const ledgerHandlers = (books: Ledger): Omit<Handlers, ImportRpc> => ({
  createCategory: {
    access: 'tenant',
    roles: managers,
    handle: async (context, request) => books.createCategory(context, parseInput(named, request)),
  },
  listCategories: {
    access: 'tenant',
    handle: async (context, request) => {
      const page = parsePage(request.page, namePosition);
      const { items, hasMore } = await books.listCategories(context, page);
      return { categories: items, page: toPageInfo(page.limit, hasMore, toNamePosition(items.at(-1))) };
    },
  },
  createAccount: {
    access: 'tenant',
    roles: managers,
    handle: async (context, request) => {
      const { currency: code, ...given } = parseInput(account, request);
      return books.createAccount(context, { ...given, currency: code });
    },
  },
  listAccounts: {
    access: 'tenant',
    handle: async (context, request) => {
      const page = parsePage(request.page, namePosition);
      const { items, hasMore } = await books.listAccounts(context, page);
      return { accounts: items, page: toPageInfo(page.limit, hasMore, toNamePosition(items.at(-1))) };
    },
  },
  createProject: {
    access: 'tenant',
    roles: managers,
    handle: async (context, request) => books.createProject(context, parseInput(named, request)),
  },
  listProjects: {
    access: 'tenant',
    handle: async (context, request) => {
      const page = parsePage(request.page, namePosition);
      const { items, hasMore } = await books.listProjects(context, page);
      return { projects: items, page: toPageInfo(page.limit, hasMore, toNamePosition(items.at(-1))) };
    },
  },

  recordExpense: {
    access: 'tenant',
    roles: writers,
    handle: async (context, request) => books.recordExpense(context, parseExpense(request.input)),
  },
  getExpense: {
    access: 'tenant',
    handle: async (context, request) => {
      const expenseId = parseExpenseId(request);
      return { expense: toExpenseMessage(await books.getExpense(context, expenseId)) };
    },
  },
  listExpenses: {
    access: 'tenant',
    handle: async (context, request) => {
      const { sort, ...listing } = parseListing(request);
      const { expenses, hasMore } = await books.listExpenses(context, listing);
      const last = expenses.at(-1);
      const position = last && { sort, expenseDate: last.expenseDate, id: last.id };
      return { expenses: expenses.map(toExpenseMessage), page: toPageInfo(listing.limit, hasMore, position) };
    },
  },
  editExpense: {
    access: 'tenant',
    roles: writers,
    handle: async (context, request) => {
      const expenseId = parseExpenseId(request);
      const changes = parseChanges(request.input, request.updateMask);
      return books.editExpense(context, { expenseId, changes, version: request.version });
    },
  },
  reverseExpense: {
    access: 'tenant',
    roles: writers,
    handle: async (context, request) => {
      const expenseId = parseExpenseId(request);
      return books.reverseExpense(context, { expenseId, version: request.version });
    },
  },

  setTenantCurrency: {
    access: 'service',
    handle: async (context, request) => {
      const command = parseInput(z.object({ currency }), request);
      return books.setTenantCurrency(actingFor(context, request.tenantId), command.currency);
    },
  },
  streamExpenses: {
    access: 'service',
    handle: async function* (context, request) {
      for await (const page of books.streamExpenses(actingFor(context, request.tenantId))) {
        yield { asOf: page.asOf, expenses: page.expenses.map(toExpenseMessage) };
      }
    },
  },
});

const named = z.object({ name: name() });

const account = z.object({
  name: name(),
  kind: z.enum(['cash', 'bank', 'card', 'other'], 'must be cash, bank, card or other'),
  currency: optional(currency),
});

/** An id of another form names nothing that exists, which the caller hears as a wrong field. */
const parseExpenseId = (request: { expenseId: string }): string =>
  parseInput(z.object({ expense_id: id }), { expense_id: request.expenseId }).expense_id;

const namePosition = z.strictObject({ name: storedName, id });

const toNamePosition = (last: { name: string; id: string } | undefined) => last && { name: last.name, id: last.id };

/** A service acts for the tenant its request names; one that was named beside the request must be the same. */
function actingFor(context: CallerContext, tenantId: string): TenantContext {
  const acting = toTenantId(parseInput(z.object({ tenant_id: id }), { tenant_id: tenantId }).tenant_id);
  if (context.tenantId !== undefined && context.tenantId !== acting) {
    throw forbidden('tenant_mismatch', 'The call is for another tenant');
  }
  return { ...context, tenantId: acting };
}
