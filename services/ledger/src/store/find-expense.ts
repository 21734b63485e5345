import type { Session } from '@outlay/platform';
import {
  type ExpenseRow,
  expenseColumns,
  referenceColumns,
  referenceJoins,
  type StoredExpense,
  toExpense,
} from './expense-row.ts';

/** One expense in one round trip; `database.once`, parameters tenant and expense. */
export const findExpenseStatement = {
  name: 'find_expense',
  text: `
with scope as materialized (
  select set_config('app.tenant_id', $1, true)::uuid as tenant_id
)
select ${expenseColumns}, ${referenceColumns}
from scope
cross join lateral (
  select expense.tenant_id, ${expenseColumns} from expenses as expense
  where expense.tenant_id = scope.tenant_id and expense.id = $2 offset 0
) as expense
${referenceJoins}`,
};

/**
 * An expense that nobody else can change until the transaction ends. The entry that is in force is read with the
 * expense, so two editors cannot both reverse it.
 *
 * It is read by a statement of its own, after the lock: one that waited for a lock sees the row that was changed
 * meanwhile, but everything it joins as of before.
 */
export async function lockExpense(session: Session, expenseId: string): Promise<StoredExpense | undefined> {
  const key = [session.tenantId, expenseId];
  const locked = await session.query(lockStatement, key);
  if (locked.rows.length === 0) return undefined;
  const { rows } = await session.query<ExpenseRow>(readLockedStatement, key);
  return rows[0] && toExpense(rows[0]);
}

const lockStatement = {
  name: 'lock_expense',
  text: `
select expense.id
from expenses as expense
where expense.tenant_id = $1 and expense.id = $2
for no key update`,
};

const readLockedStatement = {
  name: 'read_locked_expense',
  text: `
select ${expenseColumns}, ${referenceColumns}
from expenses as expense
${referenceJoins}
where expense.tenant_id = $1 and expense.id = $2`,
};

/** Expenses whose rows the transaction has locked, in no order; by a statement of its own, for the reason that lockExpense has. */
export async function readLocked(session: Session, expenseIds: readonly string[]): Promise<StoredExpense[]> {
  const { rows } = await session.query<ExpenseRow>(readManyLockedStatement, [session.tenantId, expenseIds]);
  return rows.map(toExpense);
}

const readManyLockedStatement = {
  name: 'read_locked_expenses',
  text: `
select ${expenseColumns}, ${referenceColumns}
from expenses as expense
${referenceJoins}
where expense.tenant_id = $1 and expense.id = any ($2::uuid[])`,
};
