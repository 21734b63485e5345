import type { Session } from '@outlay/platform';

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

/** Locks those of some expenses that are in the books, and answers them. By id, so that two who lock the same ones do not wait for each other. */
export async function lockAllPosted(session: Session, expenseIds: readonly string[]): Promise<string[]> {
  const { rows } = await session.query<{ id: string }>(lockStatement, [session.tenantId, expenseIds.toSorted()]);
  return rows.map(({ id }) => id);
}

const lockStatement = { name: 'lock_posted_expenses', text: lockPosted('') };
