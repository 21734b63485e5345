import { ledger } from '@outlay/contracts';
import { idempotent, newId, type TenantContext } from '@outlay/platform';
import type { BookableExpense } from '../domain/booking.ts';
import { entryOf, reversalOf } from '../domain/journal-entry.ts';
import { type ExpenseInput, reviseExpense } from '../domain/revise-expense.ts';
import type { StoredExpense } from '../store/expense-row.ts';
import { findEntryInForce, insertEntries } from '../store/journal.ts';
import type { LedgerSession } from '../store/ledger-database.ts';
import { prepareBooking } from '../store/prepare-booking.ts';
import { updateExpense } from '../store/update-expense.ts';
import { type ExpenseChange, lockForChange, tellOfChange } from './change-expense.ts';
import type { LedgerDependencies } from './dependencies.ts';
import { type MissingReference, rateFault, referencesMissing } from './expense-errors.ts';

export interface EditExpense extends ExpenseChange {
  /** What is to be different; a field that is absent stays. */
  changes: Partial<ExpenseInput>;
}

/**
 * Changes an expense: the entry in force is taken back by a reversal and the new state is booked by an entry of its own.
 * Emits outlay.ledger.expense.edited.v1 with the whole new state. Once per idempotency key.
 *
 * Throws not_found `expense_not_found`, conflict `expense_reversed`, precondition_failed `version_mismatch`, and what
 * recordExpense throws for rates, references and keys.
 */
export async function editExpense(
  { database }: LedgerDependencies,
  context: TenantContext,
  command: EditExpense,
): Promise<ledger.EditExpenseResponse> {
  const { answer, replayed } = await database.withTenant(context, (session) =>
    idempotent(session, context, { operation: 'edit_expense', request: command }, async () =>
      ledger.Expense.toJSON(await edit(session, context, command)),
    ),
  );
  return { expense: ledger.Expense.fromJSON(answer), replayed };
}

async function edit(session: LedgerSession, context: TenantContext, command: EditExpense): Promise<ledger.Expense> {
  const current = await lockForChange(session, context, command);
  const revised = reviseExpense(toBookable(current), command.changes);
  if (typeof revised === 'string') throw rateFault(revised);
  const { names, recordedAt, accountCurrency } = await prepare(session, revised);
  const entry = entryOf(revised, { entryId: newId(), expenseId: current.id }, accountCurrency);
  await insertEntries(session, [reversalOf(await findEntryInForce(session, current.id), newId()), entry]);

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

async function prepare(session: LedgerSession, expense: BookableExpense) {
  const basis = await prepareBooking(session, [{ expense }]);
  const missing: MissingReference[] = [];
  if (expense.categoryId !== undefined && !basis.names.has(expense.categoryId)) missing.push('category_id');
  if (expense.accountId !== undefined && !basis.names.has(expense.accountId)) missing.push('account_id');
  if (expense.projectId !== undefined && !basis.names.has(expense.projectId)) missing.push('project_id');
  if (missing.length > 0) throw referencesMissing(missing);
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
