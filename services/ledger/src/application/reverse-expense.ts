import { ledger } from '@outlay/contracts';
import { idempotent, newId, type TenantContext } from '@outlay/platform';
import { reversalOf } from '../domain/journal-entry.ts';
import type { StoredExpense } from '../store/expense-row.ts';
import { findEntryInForce, insertEntries } from '../store/journal.ts';
import type { LedgerSession } from '../store/ledger-database.ts';
import { markReversed } from '../store/update-expense.ts';
import { type ExpenseChange, lockForChange, tellOfChange } from './change-expense.ts';
import type { LedgerDependencies } from './dependencies.ts';

/**
 * Takes an expense out of the books by an entry that reverses the one in force. The expense stays, with status reversed.
 * Emits outlay.ledger.expense.reversed.v1. Once per idempotency key.
 *
 * Throws not_found `expense_not_found`, conflict `expense_reversed`, conflict `books_disagree` where its entry is not in
 * force or has lost its balance, precondition_failed `version_mismatch`, invalid `idempotency_key_reused`.
 */
export async function reverseExpense(
  { database }: LedgerDependencies,
  context: TenantContext,
  command: ExpenseChange,
): Promise<ledger.ReverseExpenseResponse> {
  const { answer, replayed } = await database.withTenant(context, (session) =>
    idempotent(session, context, { operation: 'reverse_expense', request: command }, async () =>
      ledger.Expense.toJSON(await reverse(session, context, command)),
    ),
  );
  return { expense: ledger.Expense.fromJSON(answer), replayed };
}

async function reverse(
  session: LedgerSession,
  context: TenantContext,
  command: ExpenseChange,
): Promise<ledger.Expense> {
  const current = await lockForChange(session, context, command);
  await insertEntries(session, [reversalOf(await findEntryInForce(session, current.id), newId())]);
  const version = current.version + 1n;
  const updatedAt = await markReversed(session, { id: current.id, version });
  const after: StoredExpense = { ...current, status: 'reversed', version, updatedAt };
  return tellOfChange(session, context, 'reversed', { before: current, after });
}
