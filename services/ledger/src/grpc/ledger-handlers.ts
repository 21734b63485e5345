import type { access, ledger } from '@outlay/contracts';
import {
  type CallerContext,
  forbidden,
  parseInput,
  parsePage,
  type ServiceHandlers,
  type TenantContext,
  toPageInfo,
  toTenantId,
} from '@outlay/platform';
import { z } from 'zod';
import type { Ledger } from '../application/ledger.ts';
import type { ImportRpc } from '../imports/create-imports.ts';
import { toExpenseMessage } from '../messaging/expense-message.ts';
import type { RateRpc } from '../rates/rate-handlers.ts';
import { currency, id } from './fields.ts';
import { parseChanges, parseExpense, parseExpenses } from './parse-expense.ts';
import { parseFilter, parseListing } from './parse-listing.ts';
import type { ReferenceRpc } from './reference-handlers.ts';

type Handlers = ServiceHandlers<typeof ledger.LedgerServiceService, typeof access.ledger>;
type BookRpc = 'listBalances' | 'getTrialBalance' | 'listAccountEntries' | 'listAuditEntries';
type OtherRpc = ReferenceRpc | ImportRpc | 'verifyJournal' | 'listJournal' | BookRpc | RateRpc;

/** The RPCs of the ledger, those of the other folders apart: what is read from the request, how the answer is rendered. */
export const ledgerHandlers = (books: Ledger): Omit<Handlers, OtherRpc> => ({
  recordExpense: async (context, request) => books.recordExpense(context, parseExpense(request.input)),
  recordExpenses: async (context, request) =>
    books.recordExpenses(context, { rows: parseExpenses(request), isPerRow: request.perRow }),
  getExpense: async (context, request) => {
    const expenseId = parseExpenseId(request);
    return { expense: toExpenseMessage(await books.getExpense(context, expenseId)) };
  },
  listExpenses: async (context, request) => {
    const listing = parseListing(request);
    const { expenses, hasMore, last } = await books.listExpenses(context, listing);
    return { expenses: expenses.map(toExpenseMessage), page: toPageInfo(listing.limit, hasMore, last) };
  },
  getExpenseTotals: async (context, request) => books.getExpenseTotals(context, parseFilter(request.filter)),
  listExpenseHistory: async (context, request) => {
    const expenseId = parseExpenseId(request);
    const { limit, after } = parsePage(request.page, z.strictObject({ id }));
    const { changes, hasMore } = await books.listExpenseHistory(context, { expenseId, limit, after });
    const last = changes.at(-1);
    return { changes, page: toPageInfo(limit, hasMore, last && { id: last.id }) };
  },
  exportExpenses: async function* (context, request) {
    const wanted = { filter: parseFilter(request.filter), hasByteOrderMark: request.byteOrderMark };
    for await (const chunk of books.exportExpenses(context, wanted)) yield { chunk };
  },
  editExpense: async (context, request) => {
    const expenseId = parseExpenseId(request);
    const changes = parseChanges(request.input, request.updateMask);
    const { version, seenCurrency, seenAmountMinor } = request;
    const seen = { currency: seenCurrency, amountMinor: seenAmountMinor };
    return books.editExpense(context, { expenseId, changes, version, seen });
  },
  reverseExpense: async (context, request) => {
    const expenseId = parseExpenseId(request);
    return books.reverseExpense(context, { expenseId, version: request.version });
  },

  setTenantCurrency: async (context, request) => {
    const command = parseInput(z.object({ currency }), request);
    const { currency: wanted } = command;
    return books.setTenantCurrency(actingFor(context, request.tenantId), { currency: wanted, asking: request.asking });
  },
  streamExpenses: async function* (context, request) {
    for await (const { expenses, ...page } of books.streamExpenses(actingFor(context, request.tenantId))) {
      yield { ...page, expenses: expenses.map(toExpenseMessage) };
    }
  },
});

/** An id of another form names nothing that exists, which the caller hears as a wrong field. */
const parseExpenseId = (request: { expenseId: string }): string =>
  parseInput(z.object({ expense_id: id }), { expense_id: request.expenseId }).expense_id;

/** A service acts for the tenant its request names; one that was named beside the request must be the same. */
function actingFor(context: CallerContext, tenantId: string): TenantContext {
  const acting = toTenantId(parseInput(z.object({ tenant_id: id }), { tenant_id: tenantId }).tenant_id);
  if (context.tenantId !== undefined && context.tenantId !== acting) {
    throw forbidden('tenant_mismatch', 'The call is for another tenant');
  }
  return { ...context, tenantId: acting };
}
