import type { Session } from '@outlay/platform';
import type { StoredExpense } from '../store/expense-row.ts';
import { readLocked } from '../store/find-expense.ts';

/**
 * Those of the expenses that are in the books at a listed rate, which nobody else can change until the transaction ends.
 * Read by a statement of its own, after the lock, for the reason that lockExpense has.
 */
export async function lockListed(session: Session, expenseIds: readonly string[]): Promise<StoredExpense[]> {
  const { rows: locked } = await session.query<{ id: string }>(lockStatement, [session.tenantId, expenseIds]);
  return readLocked(
    session,
    locked.map(({ id }) => id),
  );
}

const lockStatement = {
  name: 'lock_listed_expenses',
  text: `
select expense.id
from expenses as expense
where expense.tenant_id = $1 and expense.id = any ($2::uuid[])
  and expense.rate_source in ('tenant', 'platform') and expense.status = 'posted'
order by expense.id
for no key update`,
};

/** Stores what restatements have changed; the entries were inserted in this transaction. */
export async function updateRates(session: Session, expenses: readonly StoredExpense[]): Promise<void> {
  const rows = expenses.map(({ id, version, entryId, booked, rate }) => ({
    ...{ id, version: version.toString(), entry_id: entryId, booked_amount_minor: booked.amountMinor.toString() },
    ...{ rate: rate.rate, rate_source: rate.source, rate_date: rate.date },
  }));
  await session.query(updateStatement, [session.tenantId, JSON.stringify(rows)]);
}

const updateStatement = {
  name: 'update_rates',
  text: `
update expenses
set version = row.version, entry_id = row.entry_id, entry_recorded_at = now(),
  booked_amount_minor = row.booked_amount_minor, rate = row.rate, rate_source = row.rate_source,
  rate_date = row.rate_date, updated_at = now()
from json_to_recordset($2::json) as row (
  id uuid, version bigint, entry_id uuid, booked_amount_minor bigint, rate numeric, rate_source text, rate_date date
)
where expenses.tenant_id = $1 and expenses.id = row.id`,
};

/**
 * Forgets that expenses were to be looked at: they have been, under their locks, and nothing else is booked of them. Answers
 * those that were; the others somebody else has looked at before.
 */
export async function dropChecks(session: Session, expenseIds: readonly string[]): Promise<Set<string>> {
  const { rows } = await session.query<{ expense_id: string }>(
    {
      name: 'drop_rate_checks',
      text: `
delete from rate_checks
where rate_checks.tenant_id = $1 and rate_checks.expense_id = any ($2::uuid[])
returning rate_checks.expense_id`,
    },
    [session.tenantId, expenseIds],
  );
  return new Set(rows.map((row) => row.expense_id));
}
