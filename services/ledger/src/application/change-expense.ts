import type { ledger } from '@outlay/contracts';
import { enqueueEvents } from '@outlay/messaging';
import type { Session, TenantContext } from '@outlay/platform';
import { expenseAudit, expenseEvent, toExpenseMessage } from '../messaging/expense-message.ts';
import type { StoredExpense } from '../store/expense-row.ts';
import { lockExpense } from '../store/find-expense.ts';
import type { LedgerSession } from '../store/ledger-database.ts';
import { recordAudits } from '../store/record-audits.ts';
import { expenseNotFound, expenseReversed, versionMismatch } from './expense-errors.ts';
import { maySee } from './visibility.ts';

/** Which expense is to be changed. */
export interface ExpenseChange {
  expenseId: string;
  /** The version the caller has seen; undefined: whichever. */
  version: bigint | undefined;
}

/** The expense as it stands, locked for the session's transaction. Throws where it may not be changed by this caller. */
export async function lockForChange(
  session: LedgerSession,
  context: TenantContext,
  { expenseId, version }: ExpenseChange,
): Promise<StoredExpense> {
  const current = await lockExpense(session, expenseId);
  if (current === undefined || !maySee(context, current)) throw expenseNotFound();
  if (current.status === 'reversed') throw expenseReversed();
  if (version !== undefined && version !== current.version) throw versionMismatch();
  return current;
}

/** An expense before a change and after it. */
interface Change {
  before: StoredExpense;
  after: StoredExpense;
}

/** Writes down what became of an expense, in the audit trail and as an event. Answers its new state as clients see it. */
export async function tellOfChange(
  session: LedgerSession,
  context: TenantContext,
  what: 'edited' | 'reversed',
  change: Change,
): Promise<ledger.Expense> {
  await tellOfChanges(session, context, what, [change]);
  return toExpenseMessage(change.after);
}

/** Writes down what became of expenses, each in the audit trail and as an event. */
export async function tellOfChanges(
  session: Session,
  context: TenantContext,
  what: 'edited' | 'reversed',
  changes: readonly Change[],
): Promise<void> {
  await recordAudits(
    session,
    context,
    changes.map((change) => expenseAudit(what, change)),
  );
  await enqueueEvents(
    session,
    context,
    changes.map(({ after }) => expenseEvent(context, what, toExpenseMessage(after))),
  );
}
