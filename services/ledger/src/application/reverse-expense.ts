import { ledger } from '@outlay/contracts';
import { idempotent, type TenantContext } from '@outlay/platform';
import { toExpenseMessage } from '../messaging/expense-message.ts';
import type { LedgerSession } from '../store/ledger-database.ts';
import { type ExpenseChange, lockForChange } from './change-expense.ts';
import type { LedgerDependencies } from './dependencies.ts';
import { takeOut } from './reverse-expenses.ts';

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
  const [reversed = current] = await takeOut(session, context, [current]);
  return toExpenseMessage(reversed);
}
