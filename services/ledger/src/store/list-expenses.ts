import {
  type ExpenseRow,
  expenseColumns,
  referenceColumns,
  referenceJoins,
  type StoredExpense,
  toExpense,
} from './expense-row.ts';
import type { LedgerDatabase } from './ledger-database.ts';

/** Which expenses are wanted. Absent fields do not filter. */
export interface ExpenseFilter {
  dateFrom?: string;
  dateTo?: string;
  categoryIds?: readonly string[];
  accountIds?: readonly string[];
  projectIds?: readonly string[];
  tag?: string;
  userId?: string;
  status?: 'posted' | 'reversed';
  /** Bounds on the booked amount, inclusive. */
  amountMinorFrom?: bigint;
  amountMinorTo?: bigint;
  /** All of them must occur in title, description or vendor, whatever their case. */
  words?: readonly string[];
  importId?: string;
}

/** Where a page begins: after the expense at this place in the order. */
export interface ExpensePosition {
  expenseDate: string;
  id: string;
}

/**
 * Up to `count` expenses in the order of (expense_date, id) or its reverse, in one round trip.
 *
 * The text holds only the conditions that are wanted, each alternative being a statement of its own with its own plan:
 * `$n is null or ...` for all of them would make one plan that can use no index but the first. Each filter that names
 * one user, category, account or project has an index in the order of the list, so a page costs what it shows. The
 * inner query finds the page, the outer one looks up three names for each of its rows and nothing else.
 */
export async function listExpenses(
  database: Pick<LedgerDatabase, 'once'>,
  tenantId: string,
  wanted: { filter: ExpenseFilter; isAscending: boolean; after: ExpensePosition | undefined; count: number },
): Promise<StoredExpense[]> {
  const { filter, isAscending, after, count } = wanted;
  const values: unknown[] = [tenantId, count];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const conditions = [...filterConditions(filter), ...cursorCondition(after, isAscending)];
  const where = conditions.map((condition) => `and ${condition.sql(parameter)}`).join('\n    ');
  const direction = isAscending ? 'asc' : 'desc';
  const text = `
with scope as materialized (
  select set_config('app.tenant_id', $1, true)::uuid as tenant_id
)
select ${expenseColumns}, ${referenceColumns}
from scope
cross join lateral (
  select expense.tenant_id, ${expenseColumns} from expenses as expense
  where expense.tenant_id = scope.tenant_id
    ${where}
  order by expense.expense_date ${direction}, expense.id ${direction}
  limit $2
) as expense
${referenceJoins}
order by expense.expense_date ${direction}, expense.id ${direction}`;
  const rows = await database.once<ExpenseRow>({ name: nameOf(conditions, direction), text }, values);
  return rows.map(toExpense);
}

interface Condition {
  name: string;
  sql: (parameter: (value: unknown) => string) => string;
}

/** A session keeps each named statement, so the thousands of rare combinations go without a name and are planned anew. */
const nameOf = (conditions: readonly Condition[], direction: string): string =>
  conditions.length > 4 ? '' : `list_expenses_${[direction, ...conditions.map(({ name }) => name)].join('_')}`;

function filterConditions(filter: ExpenseFilter): Condition[] {
  const compare = (name: string, expression: string, value: unknown): Condition[] =>
    value === undefined ? [] : [{ name, sql: (parameter) => `${expression} ${parameter(value)}` }];
  const oneOf = (name: string, column: string, ids: readonly string[] | undefined): Condition[] => {
    if (ids === undefined) return [];
    if (ids.length === 1) return compare(name, `${column} =`, ids[0]);
    return [{ name: `${name}s`, sql: (parameter) => `${column} = any (${parameter(ids)}::uuid[])` }];
  };
  const patterns = filter.words?.map((word) => `%${word.replace(/[\\%_]/g, '\\$&')}%`);
  return [
    ...compare('from', 'expense.expense_date >=', filter.dateFrom),
    ...compare('to', 'expense.expense_date <=', filter.dateTo),
    ...oneOf('category', 'expense.category_id', filter.categoryIds),
    ...oneOf('account', 'expense.account_id', filter.accountIds),
    ...oneOf('project', 'expense.project_id', filter.projectIds),
    ...compare('user', 'expense.user_id =', filter.userId),
    ...compare('status', 'expense.status =', filter.status),
    ...compare('min', 'expense.booked_amount_minor >=', filter.amountMinorFrom),
    ...compare('max', 'expense.booked_amount_minor <=', filter.amountMinorTo),
    ...compare('import', 'expense.import_id =', filter.importId),
    ...(filter.tag === undefined
      ? []
      : [
          {
            name: 'tag',
            sql: (parameter: (value: unknown) => string) => `${parameter(filter.tag)} = any (expense.tags)`,
          },
        ]),
    ...(patterns === undefined
      ? []
      : [
          {
            name: 'text',
            sql: (parameter: (value: unknown) => string) =>
              `concat_ws(' ', expense.title, expense.description, expense.vendor) ilike all (${parameter(patterns)}::text[])`,
          },
        ]),
  ];
}

function cursorCondition(after: ExpensePosition | undefined, isAscending: boolean): Condition[] {
  if (after === undefined) return [];
  const operator = isAscending ? '>' : '<';
  return [
    {
      name: 'after',
      sql: (parameter) =>
        `(expense.expense_date, expense.id) ${operator} (${parameter(after.expenseDate)}::date, ${parameter(after.id)}::uuid)`,
    },
  ];
}
