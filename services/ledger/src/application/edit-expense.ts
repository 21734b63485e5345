import { isDeepStrictEqual } from 'node:util';
import { ledger } from '@outlay/contracts';
import { idempotent, newId, type TenantContext } from '@outlay/platform';
import type { BookableExpense } from '../domain/booking.ts';
import { booksDisagree } from '../domain/books-disagree.ts';
import { entryOf, isEntryOf, reversalOf } from '../domain/journal-entry.ts';
import { type ExpenseInput, rateWantedByEdit, reviseExpense } from '../domain/revise-expense.ts';
import { toExpenseMessage } from '../messaging/expense-message.ts';
import { resolveRates } from '../rates/resolve-rates.ts';
import type { StoredExpense } from '../store/expense-row.ts';
import { findEntryInForce, insertEntries } from '../store/journal.ts';
import type { LedgerSession } from '../store/ledger-database.ts';
import { warningsIn, withWarnings } from '../store/plan-limits.ts';
import { prepareBooking } from '../store/prepare-booking.ts';
import { updateExpense } from '../store/update-expense.ts';
import { type ExpenseChange, lockForChange, tellOfChange } from './change-expense.ts';
import type { LedgerDependencies } from './dependencies.ts';
import { rateFault, versionMismatch, wrongReferences } from './expense-errors.ts';
import { referenceFaultsOf } from './reference-faults.ts';

export interface EditExpense extends ExpenseChange {
  /** What is to be different; a field that is absent stays. */
  changes: Partial<ExpenseInput>;
  /** What the caller has seen of the amount and goes by; absent: whatever it is. */
  seen?: { currency: string | undefined; amountMinor: bigint | undefined } | undefined;
}

/**
 * Changes an expense: the entry in force is taken back by a reversal and the new state is booked by an entry of its own.
 * A rate that was looked up is looked up again where the day, the currency or the amount changes. What is as it was
 * already changes nothing: no entry, no version, no event.
 * Emits outlay.ledger.expense.edited.v1 with the whole new state. Once per idempotency key.
 *
 * Throws not_found `expense_not_found`, conflict `expense_reversed`, conflict `books_disagree` for one that is not what its
 * entry says, precondition_failed `version_mismatch`, of an amount that is not what was seen as well, and what recordExpense throws for rates, references and keys. What it referred to before it goes on referring to, archived or not.
 */
export async function editExpense(
  { database }: LedgerDependencies,
  context: TenantContext,
  command: EditExpense,
): Promise<ledger.EditExpenseResponse> {
  const { answer, replayed } = await database.withTenant(context, (session) =>
    idempotent(session, context, { operation: 'edit_expense', request: command }, async () =>
      withWarnings(session, ledger.Expense.toJSON(await edit(session, context, command))),
    ),
  );
  return { expense: ledger.Expense.fromJSON(answer), replayed, warnings: warningsIn(answer) };
}

async function edit(session: LedgerSession, context: TenantContext, command: EditExpense): Promise<ledger.Expense> {
  const current = await lockForChange(session, context, command);
  const before = toBookable(current);
  assertSeen(before, command.seen);
  const wanted = rateWantedByEdit(before, command.changes);
  const [listed] = wanted === undefined ? [] : await resolveRates(session, [wanted]);
  const revised = reviseExpense(before, command.changes, listed);
  if (typeof revised === 'string') throw rateFault(revised, wanted);
  if (isDeepStrictEqual(revised, before)) return toExpenseMessage(current);
  const { names, recordedAt, accountCurrency } = await prepare(session, revised, current);
  const entry = entryOf(revised, { entryId: newId(), expenseId: current.id }, accountCurrency);
  const inForce = await findEntryInForce(session, current.id);
  // What was changed behind the service's back must not be booked as if somebody had said so.
  if (!isEntryOf(inForce, before)) throw booksDisagree('expense');
  await insertEntries(session, [reversalOf(inForce, newId()), entry]);

  const reference = (id: string | undefined) => (id === undefined ? undefined : { id, name: names.get(id) ?? '' });
  const edited: StoredExpense = {
    ...current,
    ...revised,
    category: reference(revised.categoryId),
    account: reference(revised.accountId),
    project: reference(revised.projectId),
    entryId: entry.id,
    version: current.version + 1n,
    updatedAt: recordedAt,
  };
  await updateExpense(session, edited);
  return tellOfChange(session, context, 'edited', { before: current, after: edited });
}

function assertSeen({ amount }: BookableExpense, seen: EditExpense['seen']): void {
  const isOtherCurrency = seen?.currency !== undefined && seen.currency !== amount.currency;
  const isOtherSum = seen?.amountMinor !== undefined && seen.amountMinor !== amount.amountMinor;
  if (isOtherCurrency || isOtherSum) throw versionMismatch();
}

async function prepare(session: LedgerSession, expense: BookableExpense, current: BookableExpense) {
  const basis = await prepareBooking(session, [{ expense }]);
  const faults = referenceFaultsOf(expense, basis, current);
  if (faults.length > 0) throw wrongReferences(faults);
  const accountCurrency = expense.accountId === undefined ? undefined : basis.accountCurrencies.get(expense.accountId);
  return { ...basis, accountCurrency };
}

const toBookable = (expense: StoredExpense): BookableExpense => ({
  amount: expense.amount,
  booked: expense.booked,
  rate: expense.rate,
  expenseDate: expense.expenseDate,
  categoryId: expense.categoryId,
  accountId: expense.accountId,
  projectId: expense.projectId,
  title: expense.title,
  description: expense.description,
  paymentMethod: expense.paymentMethod,
  tags: expense.tags,
  vendor: expense.vendor,
});
