import { instantOf } from './instants.ts';

/** What a list can be ordered by; `-` in front turns it round. Equal ones are in the order of their ids. */
export const expenseSorts = [
  '-expense_date',
  'expense_date',
  '-amount',
  'amount',
  '-created_at',
  'created_at',
] as const;

export type ExpenseSort = (typeof expenseSorts)[number];

/** How a list is ordered. */
export interface ExpenseOrder {
  column: 'expense_date' | 'booked_amount_minor' | 'created_at';
  /** The type of the column. */
  type: 'date' | 'bigint' | 'timestamptz';
  direction: 'asc' | 'desc';
  /** The column's value as text, without loss. */
  toText: (value: string) => string;
}

const columns = {
  expense_date: { column: 'expense_date', type: 'date', toText: (value) => `${value}::text` },
  amount: { column: 'booked_amount_minor', type: 'bigint', toText: (value) => `${value}::text` },
  // A Date of JavaScript would lose the microseconds.
  created_at: {
    column: 'created_at',
    type: 'timestamptz',
    toText: (value) => instantOf(value),
  },
} as const satisfies Record<string, Omit<ExpenseOrder, 'direction'>>;

export function expenseOrder(sort: ExpenseSort): ExpenseOrder {
  const isDescending = sort.startsWith('-');
  const name = (isDescending ? sort.slice(1) : sort) as keyof typeof columns;
  return { ...columns[name], direction: isDescending ? 'desc' : 'asc' };
}
