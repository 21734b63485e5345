import { type Database, nilId, type Session } from '@outlay/platform';
import {
  type ExpenseRow,
  expenseColumns,
  referenceColumns,
  referenceJoins,
  type StoredExpense,
  toExpense,
} from './expense-row.ts';

/** The next expenses in the order of their ids, which is that of the primary key. */
export async function readPageById(
  session: Session,
  after: string | undefined,
  count: number,
): Promise<StoredExpense[]> {
  const { rows } = await session.query<ExpenseRow>(pageStatement, [session.tenantId, after ?? nilId, count]);
  return rows.map(toExpense);
}

const pageStatement = {
  name: 'read_page_by_id',
  text: `
select ${expenseColumns}, ${referenceColumns}
from expenses as expense
${referenceJoins}
where expense.tenant_id = $1 and expense.id > $2
order by expense.id
limit $3`,
};

/**
 * When the oldest transaction began that this service has open, or now. Every process of the service logs in as one
 * role, and a role sees its own sessions. A second is taken off for what is between a transaction's beginning
 * and its showing up there.
 */
export async function readOldestInstant(database: Pick<Database, 'once'>): Promise<Date> {
  const [row] = await database.once<{ instant: Date }>(
    {
      name: 'read_oldest_instant',
      text: `
select least(clock_timestamp(), min(activity.xact_start)) - interval '1 second' as instant
from pg_stat_activity as activity
where activity.datname = current_database() and activity.usename = session_user`,
    },
    [],
  );
  if (row === undefined) throw new Error('The statement answered no row');
  return row.instant;
}
