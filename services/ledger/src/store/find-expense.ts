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
 */
export async function lockExpense(session: Session, expenseId: string): Promise<StoredExpense | undefined> {
  const { rows } = await session.query<ExpenseRow>(lockStatement, [session.tenantId, expenseId]);
  return rows[0] && toExpense(rows[0]);
}

const lockStatement = {
  name: 'lock_expense',
  text: `
select ${expenseColumns}, ${referenceColumns}
from expenses as expense
${referenceJoins}
where expense.tenant_id = $1 and expense.id = $2
for no key update of expense`,
};
