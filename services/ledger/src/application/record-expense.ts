import { ledger } from '@outlay/contracts';
import { toOutboxRow } from '@outlay/messaging';
import { idempotencyKeyReused, newId, requestHashOf, type TenantContext, unavailable } from '@outlay/platform';
import { type BookableExpense, type Booking, bookExpense } from '../domain/booking.ts';
import { type ExpenseInput, toBookable } from '../domain/revise-expense.ts';
import { expenseEvent, toExpenseMessage } from '../messaging/expense-message.ts';
import { detailValues } from '../store/expense-row.ts';
import { findAccountCurrency } from '../store/find-account-currency.ts';
import { type RecordExpenseOutcome, recordExpenseStatement } from '../store/record-expense-statement.ts';
import type { LedgerDependencies } from './dependencies.ts';
import { type MissingReference, rateFault, referencesMissing } from './expense-errors.ts';

/** More than enough for a lost race, each of which is decided when it is run again. */
const attemptsMax = 5;

/**
 * Books an expense of the caller's. One round trip where the currency is the tenant's own and known.
 *
 * Emits outlay.ledger.expense.recorded.v1. With an idempotency key the expense is booked once, however often and however
 * simultaneously it is asked for, and `replayed` says that the answer is the first one's.
 *
 * Throws invalid with `exchange_rate` (required, not_applicable) or `category_id`, `account_id`, `project_id` (not_found);
 * invalid `idempotency_key_reused`; not_found `tenant_not_found`; unavailable.
 */
export async function recordExpense(
  { database, tenants, announce }: LedgerDependencies,
  context: TenantContext,
  input: ExpenseInput,
): Promise<ledger.RecordExpenseResponse> {
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const currency = await tenants.currencyOf(context);
    const expense = toBookable(input, currency);
    if (typeof expense === 'string') throw rateFault(expense);
    const isForeign = expense.amount.currency !== currency;
    const booking = bookExpense(expense, {
      newId,
      userId: context.actor.id,
      accountCurrency: isForeign ? await findAccountCurrency(database, context, expense.accountId) : undefined,
    });
    const [row] = await database.once<RecordExpenseOutcome>(
      recordExpenseStatement,
      toParameters(context, booking, context.idempotencyKey === undefined ? undefined : requestHashOf(context, input)),
    );
    if (row === undefined) throw new Error('The statement answered no row');
    switch (row.outcome) {
      case 'booked':
        announce();
        return { expense: toAnswer(booking, row), replayed: false };
      case 'replayed':
        return { ...ledger.RecordExpenseResponse.fromJSON(row.answer), replayed: true };
      case 'key_reused':
        throw idempotencyKeyReused();
      case 'reference_missing':
        throw referencesMissing(missingReferences(expense, row));
      case 'tenant_missing':
      case 'currency_changed':
      case 'try_again':
        // Overtaken between reading and writing: what has changed is read anew.
        break;
    }
  }
  throw unavailable('too_contended', 'The expense could not be booked now');
}

/** In the order of the statement's parameters. */
function toParameters(context: TenantContext, booking: Booking, requestHash: Buffer | undefined): unknown[] {
  const { expense, entry, expenseId } = booking;
  const { amount, booked, rate } = expense;
  const now = new Date();
  const event = toOutboxRow(context, expenseEvent(context, 'recorded', toMessage(booking, now)), now);
  return [
    context.tenantId,
    context.idempotencyKey ?? null,
    requestHash ?? null,
    context.actor.kind,
    context.actor.id,
    context.requestId,
    expenseId,
    entry.id,
    amount.amountMinor,
    amount.currency,
    booked.amountMinor,
    booked.currency,
    rate.rate,
    rate.source,
    rate.date,
    ...detailValues(expense),
    booking.userId,
    newId(),
    event.id,
    event.envelope,
    entry.postings.map((posting) => posting.ledgerAccountId),
    entry.postings.map((posting) => posting.currency),
    entry.postings.map((posting) => posting.amountMinor),
    event.recordedAt,
  ];
}

/** Without the names and the instant of the transaction, which the statement adds. */
function toMessage({ expense, entry, expenseId, userId, importId }: Booking, now: Date): ledger.Expense {
  return toExpenseMessage({
    ...expense,
    id: expenseId,
    category: undefined,
    account: undefined,
    project: undefined,
    status: 'posted',
    version: 1n,
    entryId: entry.id,
    userId,
    importId,
    createdAt: now,
    updatedAt: now,
  });
}

function toAnswer(booking: Booking, row: RecordExpenseOutcome): ledger.Expense {
  const { expense } = booking;
  const reference = (id: string | undefined, name: string | null) =>
    id === undefined ? undefined : { id, name: name ?? '' };
  return {
    ...toMessage(booking, row.recorded_at),
    category: reference(expense.categoryId, row.category_name),
    account: reference(expense.accountId, row.account_name),
    project: reference(expense.projectId, row.project_name),
  };
}

function missingReferences(expense: BookableExpense, row: RecordExpenseOutcome): MissingReference[] {
  const missing: MissingReference[] = [];
  if (expense.categoryId !== undefined && row.category_name === null) missing.push('category_id');
  if (expense.accountId !== undefined && row.account_name === null) missing.push('account_id');
  if (expense.projectId !== undefined && row.project_name === null) missing.push('project_id');
  return missing;
}
