import type { Session } from '@outlay/platform';
import type { ExpenseState } from './change.ts';
import { dimensionsOf, isRefund } from './dimensions.ts';

/**
 * The expenses of a batch, each in its newest state. `expense_facts` has the same columns, so that staging and
 * projection read the same rows.
 */
export const expenseRows = `
  select distinct on (item.expense_id)
    item.expense_id, item.version, item.is_posted, item.expense_date, item.currency, item.amount_minor,
    item.is_refund, item.category_id, item.project_id, item.account_id, item.user_id
  from jsonb_to_recordset($2::jsonb) as item(
    expense_id uuid, version bigint, is_posted boolean, expense_date date, currency char(3), amount_minor bigint,
    is_refund boolean, category_id uuid, project_id uuid, account_id uuid, user_id uuid
  )
  order by item.expense_id, item.version desc`;

/**
 * First of two statements. Inserts the expenses that nobody has seen, and waits for whoever is just inserting the same
 * ones. It cannot be one statement with the second: rows that others commit while it waits are not in its snapshot.
 */
const insertUnknown = `
with incoming as materialized (${expenseRows})
insert into expense_facts as fact (
  tenant_id, expense_id, version, is_posted, expense_date, currency, amount_minor, is_refund, category_id, project_id, account_id,
  user_id
)
select
  $1::uuid, incoming.expense_id, incoming.version, incoming.is_posted, incoming.expense_date, incoming.currency,
  incoming.amount_minor, incoming.is_refund, incoming.category_id, incoming.project_id, incoming.account_id, incoming.user_id
from incoming
order by incoming.expense_id
on conflict (tenant_id, expense_id) do nothing
returning fact.expense_id`;

/**
 * Second statement; $3 are the expenses that the first found known. Locks these, replaces those that are older than what came, and adds
 * the difference to the totals: what was inserted or replaced counts, what it replaced no longer does.
 *
 * Locks are taken in one order by everybody: expenses by id, then totals by key. The totals come last, as the row of
 * a whole month is what all batches of a tenant meet at, and it stays locked until the commit that follows at once.
 */
const replaceOlderAndAddUp = `
with incoming as materialized (${expenseRows}),
known as materialized (
  select
    fact.expense_id, fact.version, fact.is_posted, fact.expense_date, fact.currency, fact.amount_minor,
    ${isRefund('fact')} as is_refund, fact.category_id, fact.project_id, fact.account_id
  from expense_facts as fact
  where fact.tenant_id = $1::uuid
    and fact.expense_id = any ($3::uuid[])
  order by fact.expense_id
  for update of fact
),
replaced as (
  insert into expense_facts as fact (
    tenant_id, expense_id, version, is_posted, expense_date, currency, amount_minor, is_refund, category_id, project_id, account_id,
    user_id
  )
  select
    $1::uuid, incoming.expense_id, incoming.version, incoming.is_posted, incoming.expense_date, incoming.currency,
    incoming.amount_minor, incoming.is_refund, incoming.category_id, incoming.project_id, incoming.account_id, incoming.user_id
  from incoming
  join known on known.expense_id = incoming.expense_id and known.version < incoming.version
  on conflict (tenant_id, expense_id) do update
  set version = excluded.version, is_posted = excluded.is_posted, expense_date = excluded.expense_date,
    currency = excluded.currency, amount_minor = excluded.amount_minor, is_refund = excluded.is_refund, category_id = excluded.category_id,
    project_id = excluded.project_id, account_id = excluded.account_id, user_id = excluded.user_id,
    projected = excluded.projected
),
difference as (
  select
    1 as sign, incoming.expense_date, incoming.currency, incoming.amount_minor,
    incoming.is_refund, incoming.category_id, incoming.project_id, incoming.account_id
  from incoming
  left join known on known.expense_id = incoming.expense_id
  where incoming.is_posted and (incoming.expense_id <> all ($3::uuid[]) or known.version < incoming.version)
  union all
  select
    -1, known.expense_date, known.currency, known.amount_minor,
    known.is_refund, known.category_id, known.project_id, known.account_id
  from known
  join incoming on incoming.expense_id = known.expense_id and known.version < incoming.version
  where known.is_posted
)
insert into month_totals as total (
  tenant_id, month, dimension, dimension_id, currency,
  total_minor, expense_count, refunds_total_minor, refunds_count
)
select
  $1::uuid, date_trunc('month', difference.expense_date::timestamp)::date as month, part.dimension, part.dimension_id,
  difference.currency,
  sum(difference.sign * difference.amount_minor),
  sum(difference.sign)::bigint,
  coalesce(sum(difference.sign * difference.amount_minor) filter (where difference.is_refund), 0),
  coalesce(sum(difference.sign) filter (where difference.is_refund), 0)::bigint
from difference
cross join lateral ${dimensionsOf('difference')}
group by month, part.dimension, part.dimension_id, difference.currency
having sum(difference.sign * difference.amount_minor) <> 0
  or sum(difference.sign) <> 0
  or coalesce(sum(difference.sign * difference.amount_minor) filter (where difference.is_refund), 0) <> 0
  or coalesce(sum(difference.sign) filter (where difference.is_refund), 0) <> 0
order by month, part.dimension, part.dimension_id, difference.currency
on conflict (tenant_id, month, dimension, dimension_id, currency) do update
set total_minor = total.total_minor + excluded.total_minor,
  expense_count = total.expense_count + excluded.expense_count,
  refunds_total_minor = total.refunds_total_minor + excluded.refunds_total_minor,
  refunds_count = total.refunds_count + excluded.refunds_count`;

/**
 * Brings facts and totals of a tenant up to the given states of its expenses. States may come in any order, more than
 * once, and through several transactions at the same time: of each expense the highest version stays, and the totals
 * are the sums of what is posted.
 */
export async function projectExpenses(session: Session, states: readonly ExpenseState[]): Promise<void> {
  if (states.length === 0) return;
  const rows = toExpenseRows(states);
  const inserted = await session.query<{ expense_id: string }>(
    { name: 'reporting_insert_unknown', text: insertUnknown },
    [session.tenantId, rows],
  );
  const known = new Set(states.map((state) => state.expenseId));
  for (const row of inserted.rows) known.delete(row.expense_id);
  await session.query({ name: 'reporting_replace_older_and_add_up', text: replaceOlderAndAddUp }, [
    session.tenantId,
    rows,
    [...known],
  ]);
}

/** The states as the JSON that `expenseRows` reads. */
export function toExpenseRows(states: readonly ExpenseState[]): string {
  return JSON.stringify(
    states.map((state) => ({
      expense_id: state.expenseId,
      version: String(state.version),
      is_posted: state.isPosted,
      expense_date: state.expenseDate,
      currency: state.currency,
      amount_minor: String(state.amountMinor),
      is_refund: state.isRefund,
      category_id: state.categoryId,
      project_id: state.projectId,
      account_id: state.accountId,
      user_id: state.userId,
    })),
  );
}
