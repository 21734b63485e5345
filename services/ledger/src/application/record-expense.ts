import { ledger } from '@outlay/contracts';
import { toOutboxRow } from '@outlay/messaging';
import {
  findAnswer,
  idempotencyKeyReused,
  type Notice,
  newId,
  requestHashOf,
  type TenantContext,
  unavailable,
} from '@outlay/platform';
import { type BookableExpense, type Booking, bookExpense } from '../domain/booking.ts';
import type { WantedRate } from '../domain/money.ts';
import { type ExpenseInput, rateWantedFor, toBookable } from '../domain/revise-expense.ts';
import { searchTextOf } from '../domain/search-words.ts';
import { expenseEvent, toExpenseMessage } from '../messaging/expense-message.ts';
import type { FoundRate } from '../rates/effective-rate.ts';
import { resolveRate } from '../rates/resolve-rates.ts';
import { detailValues } from '../store/expense-row.ts';
import { findAccountCurrency } from '../store/find-account-currency.ts';
import type { LedgerDatabase } from '../store/ledger-database.ts';
import { warningsKeptIn, warningsOf } from '../store/plan-limits.ts';
import { type RecordExpenseOutcome, recordExpenseStatement } from '../store/record-expense-statement.ts';
import type { LedgerDependencies } from './dependencies.ts';
import { type ReferenceFault, rateFault, wrongReferences } from './expense-errors.ts';

/** More than enough for a lost race, each of which is decided when it is run again. */
const attemptsMax = 5;

/**
 * Books an expense of the caller's. One round trip where the currency is the tenant's own and known. Abroad and without
 * a rate, the one that is listed for the day is looked up, in one more.
 *
 * Emits outlay.ledger.expense.recorded.v1. With an idempotency key the expense is booked once, however often and however
 * simultaneously it is asked for, and `replayed` says that the answer is the first one's. It counts within the plan, and
 * `warnings` tell of a soft limit that is exceeded.
 *
 * Throws invalid with `exchange_rate` (required, not_applicable) or `category_id`, `account_id`, `project_id` (not_found,
 * archived);
 * invalid `idempotency_key_reused`; forbidden `plan_limit_reached`; not_found `tenant_not_found`; unavailable.
 */
export async function recordExpense(
  dependencies: LedgerDependencies,
  context: TenantContext,
  input: ExpenseInput,
): Promise<ledger.RecordExpenseResponse> {
  const { database, tenants, announce } = dependencies;
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const currency = await tenants.currencyOf(context);
    const isForeign = input.amount.currency !== currency;
    const abroad = isForeign ? await readAbroad(database, context, input, currency) : undefined;
    const expense = toBookable(input, currency, abroad?.listed);
    if (typeof expense === 'string') {
      const first = await firstAnswer(database, context, input);
      if (first !== undefined) return replay(first);
      throw rateFault(expense, abroad?.wanted);
    }
    const booking = bookExpense(expense, {
      newId,
      userId: context.actor.id,
      accountCurrency: abroad?.accountCurrency,
    });
    const notices: Notice[] = [];
    const [row] = await database.once<RecordExpenseOutcome>(
      recordExpenseStatement,
      toParameters(context, booking, context.idempotencyKey === undefined ? undefined : requestHashOf(context, input)),
      (notice) => notices.push(notice),
    );
    if (row === undefined) throw new Error('The statement answered no row');
    switch (row.outcome) {
      case 'booked':
        announce();
        return { expense: toAnswer(booking, row), replayed: false, warnings: warningsOf({ notices }) };
      case 'replayed':
        return replay(row.answer);
      case 'key_reused':
        throw idempotencyKeyReused();
      case 'reference_missing':
      case 'reference_archived':
        throw wrongReferences(referenceFaults(expense, row));
      case 'tenant_missing':
      case 'currency_changed':
      case 'try_again':
        // Overtaken between reading and writing: what has changed is read anew.
        break;
    }
  }
  throw unavailable('too_contended', 'The expense could not be booked now');
}

/** What must be known of an expense in another currency than the tenant's. */
async function readAbroad(
  database: LedgerDatabase,
  context: TenantContext,
  input: ExpenseInput,
  currency: string,
): Promise<{ wanted: WantedRate | undefined; listed: FoundRate; accountCurrency: string | undefined }> {
  const wanted = rateWantedFor(input, currency);
  const [listed, accountCurrency] = await Promise.all([
    wanted && resolveRate(database, context, wanted),
    findAccountCurrency(database, context, input.accountId),
  ]);
  return { wanted, listed, accountCurrency };
}

/** What was answered under the key when the rate was still listed. */
function firstAnswer(database: LedgerDatabase, context: TenantContext, input: ExpenseInput): Promise<unknown> {
  if (context.idempotencyKey === undefined) return Promise.resolve(undefined);
  const command = { operation: 'record_expense', request: input };
  return database.withTenant(context, (session) => findAnswer(session, context, command), { readOnly: true });
}

/** The first answer of a key, as it is stored. */
function replay(answer: unknown): ledger.RecordExpenseResponse {
  const first = ledger.RecordExpenseResponse.fromJSON(answer);
  return { ...first, replayed: true, warnings: [...first.warnings, ...warningsKeptIn(answer)] };
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
    searchTextOf(expense),
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

function referenceFaults(expense: BookableExpense, row: RecordExpenseOutcome): ReferenceFault[] {
  const references = [
    ['category_id', expense.categoryId, row.category_name, row.is_category_archived],
    ['account_id', expense.accountId, row.account_name, row.is_account_archived],
    ['project_id', expense.projectId, row.project_name, row.is_project_archived],
  ] as const;
  return references.flatMap(([field, id, name, isArchived]): ReferenceFault[] => {
    if (id === undefined || (name !== null && !isArchived)) return [];
    return [{ field, code: name === null ? 'not_found' : 'archived' }];
  });
}
