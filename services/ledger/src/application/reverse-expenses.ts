import { newId, type Session, type TenantContext } from '@outlay/platform';
import { booksDisagree } from '../domain/books-disagree.ts';
import { reversalOf } from '../domain/journal-entry.ts';
import type { StoredExpense } from '../store/expense-row.ts';
import { readLocked } from '../store/find-expense.ts';
import { findEntriesInForce, insertEntries } from '../store/journal.ts';
import { lockAllPosted } from '../store/lock-posted.ts';
import { spareForged } from '../store/spare-forged.ts';
import { markReversed } from '../store/update-expense.ts';
import { tellOfChanges } from './change-expense.ts';

/**
 * Does what reverseExpenses does, but for those that it refuses as `books_disagree`. Answers how many were reversed, and which
 * were left as they are.
 */
export async function reverseSound(
  session: Session,
  context: TenantContext,
  expenseIds: readonly string[],
): Promise<{ reversed: number; leftOut: string[] }> {
  let reversed = 0;
  const leftOut = await spareForged(session, expenseIds, async (ids) => {
    const count = await reverseExpenses(session, context, ids);
    reversed += count;
  });
  return { reversed, leftOut };
}

/**
 * Takes many expenses out of the books within the session's transaction: those of them that are in it, each as it is now.
 * A handful of statements whatever the number; meant for up to 1,000 a call. Answers how many there were; the others had been
 * taken out before. Emits and throws what takeOut does.
 */
export async function reverseExpenses(
  session: Session,
  context: TenantContext,
  expenseIds: readonly string[],
): Promise<number> {
  const ids = await lockAllPosted(session, expenseIds);
  // By a statement of its own, after the locks: one that waited sees everything it joins as of before.
  if (ids.length > 0) await takeOut(session, context, await readLocked(session, ids));
  return ids.length;
}

/**
 * Takes expenses that the session's transaction has locked out of the books, each by an entry that reverses the one in force,
 * with an audit row and outlay.ledger.expense.reversed.v1 each. Answers them as they are then. Throws conflict
 * `books_disagree` where the entry of any is not in force, or has lost its balance.
 */
export async function takeOut(
  session: Session,
  context: TenantContext,
  expenses: readonly StoredExpense[],
): Promise<StoredExpense[]> {
  const ids = expenses.map(({ id }) => id);
  const entries = await findEntriesInForce(session, ids);
  if (entries.length !== ids.length) throw booksDisagree('expense');
  await insertEntries(
    session,
    entries.map((entry) => reversalOf(entry, newId())),
  );
  const updatedAt = await markReversed(session, ids);
  const changes = expenses.map((before) => ({
    before,
    after: { ...before, status: 'reversed' as const, version: before.version + 1n, updatedAt },
  }));
  await tellOfChanges(session, context, 'reversed', changes);
  return changes.map(({ after }) => after);
}
