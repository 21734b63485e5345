import { enqueueEvents } from '@outlay/messaging';
import { newId, type Session, type TenantContext } from '@outlay/platform';
import { booksDisagree } from '../domain/books-disagree.ts';
import { reversalOf } from '../domain/journal-entry.ts';
import { expenseAudit, expenseEvent, toExpenseMessage } from '../messaging/expense-message.ts';
import { readLocked } from './find-expense.ts';
import { findEntriesInForce, insertEntries } from './journal.ts';
import { recordAudits } from './record-audits.ts';
import { spareForged } from './spare-forged.ts';
import { unlessForged } from './update-expense.ts';

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
 * Takes many expenses out of the books within the session's transaction: those of them that are in it, each as it is now,
 * by an entry that reverses the one in force, with an audit row and outlay.ledger.expense.reversed.v1 each. A handful of
 * statements whatever the number; meant for up to 1,000 a call. Answers how many there were; the others had been taken
 * out before. Throws conflict `books_disagree` where the entry of any is not in force, or has lost its balance.
 */
export async function reverseExpenses(
  session: Session,
  context: TenantContext,
  expenseIds: readonly string[],
): Promise<number> {
  const { rows: locked } = await session.query<{ id: string }>(lockStatement, [
    session.tenantId,
    expenseIds.toSorted(),
  ]);
  if (locked.length === 0) return 0;
  const ids = locked.map(({ id }) => id);
  // Statements of their own, after the locks: one that waited sees everything it joins as of before.
  const expenses = await readLocked(session, ids);
  const entries = await findEntriesInForce(session, ids);
  if (entries.length !== ids.length) throw booksDisagree('expense');
  await insertEntries(
    session,
    entries.map((entry) => reversalOf(entry, newId())),
  );
  const { rows: marked } = await unlessForged(session, markStatement, [session.tenantId, ids]);
  const updatedAt = marked[0]?.updated_at;
  if (marked.length !== ids.length || !updatedAt) throw new Error('A locked expense is gone');
  const changes = expenses.map((before) => ({
    before,
    after: { ...before, status: 'reversed' as const, version: before.version + 1n, updatedAt },
  }));
  await recordAudits(
    session,
    context,
    changes.map((change) => expenseAudit('reversed', change)),
  );
  await enqueueEvents(
    session,
    context,
    changes.map(({ after }) => expenseEvent(context, 'reversed', toExpenseMessage(after))),
  );
  return ids.length;
}

/**
 * SQL that locks those expenses of the ids $2 of the tenant $1 that are in the books, in the order in which the ids are given,
 * and answers them. Each by a lookup: asked for their order, the planner reads all of the tenant's along the key, to avoid a
 * sort; and where it takes the table to be empty, along whichever index has all that is posted, when it is told that this
 * is what is wanted. `skip locked` passes those over that somebody else has locked.
 */
export const lockPosted = (wait: '' | 'skip locked'): string => `
select expense.id
from unnest($2::uuid[]) as wanted (id)
cross join lateral (
  select expenses.id from expenses
  where expenses.tenant_id = $1 and expenses.id = wanted.id and expenses.status <> 'reversed'
  for no key update ${wait}
) as expense`;

// By id, so that two who take the same ones out do not wait for each other.
const lockStatement = { name: 'lock_posted_expenses', text: lockPosted('') };

const markStatement = {
  name: 'mark_expenses_reversed',
  text: `
update expenses set status = 'reversed', version = expenses.version + 1, updated_at = now()
where expenses.tenant_id = $1 and expenses.id = any ($2::uuid[])
returning expenses.updated_at`,
};
