import type { ledger } from '@outlay/contracts';
import fc from 'fast-check';
import type { ProjectedEvent } from '../../src/change.ts';

/** What the test's ledger knows of one expense: every state it ever had, oldest first. */
export type ExpenseHistory = ledger.Expense[];

const id = (kind: number, number: number) =>
  `0197a3c0-${String(kind).padStart(4, '0')}-7000-8000-${String(number).padStart(12, '0')}`;

export const categoryIds = [id(1, 1), id(1, 2), id(1, 3)];
export const projectIds = [id(2, 1), id(2, 2)];
export const accountIds = [id(3, 1), id(3, 2)];

/** An expense as the ledger would report it, EUR 10.00 in January 2025 unless told otherwise. */
export function expense(given: Partial<ledger.Expense> & { amountMinor?: bigint } = {}): ledger.Expense {
  const { amountMinor = 1_000n, ...fields } = given;
  return {
    id: id(9, 1),
    amount: { currency: 'EUR', amountMinor },
    booked: { currency: 'EUR', amountMinor },
    rate: undefined,
    title: 'Paper',
    description: '',
    category: undefined,
    account: undefined,
    project: undefined,
    expenseDate: '2025-01-15',
    paymentMethod: '',
    tags: [],
    vendor: '',
    status: 'posted',
    version: 1n,
    entryId: id(8, 1),
    userId: id(7, 1),
    importId: '',
    createdAt: undefined,
    updatedAt: undefined,
    ...fields,
  };
}

/** The event that reported this state of an expense. */
export function eventOf(state: ledger.Expense): ProjectedEvent {
  const type =
    state.status === 'reversed'
      ? 'outlay.ledger.expense.reversed.v1'
      : state.version === 1n
        ? 'outlay.ledger.expense.recorded.v1'
        : 'outlay.ledger.expense.edited.v1';
  return { type, aggregateVersion: Number(state.version), data: { expense: state } };
}

const state = fc.record({
  amountMinor: fc.oneof(fc.bigInt({ min: -50_000n, max: 50_000n }), fc.constant(0n)),
  isWorthNothing: fc.boolean(),
  month: fc.constantFrom('2024-12', '2025-01', '2025-02'),
  day: fc.integer({ min: 1, max: 28 }),
  category: fc.option(fc.constantFrom(...categoryIds), { nil: undefined }),
  project: fc.option(fc.constantFrom(...projectIds), { nil: undefined }),
  account: fc.option(fc.constantFrom(...accountIds), { nil: undefined }),
});

const named = (reference: string | undefined) => reference && { id: reference, name: `Name of ${reference}` };

/** Up to 25 expenses, each recorded, then edited up to four times, then perhaps reversed. */
export const histories: fc.Arbitrary<ExpenseHistory[]> = fc
  .array(fc.record({ states: fc.array(state, { minLength: 1, maxLength: 5 }), isReversed: fc.boolean() }), {
    minLength: 1,
    maxLength: 25,
  })
  .map((drawn) =>
    drawn.map(({ states, isReversed }, index) => {
      const history = states.map((one, position) =>
        expense({
          id: id(9, index + 1),
          version: BigInt(position + 1),
          amountMinor: one.amountMinor,
          ...(one.isWorthNothing && { booked: { currency: 'EUR', amountMinor: 0n } }),
          expenseDate: `${one.month}-${String(one.day).padStart(2, '0')}`,
          category: named(one.category) || undefined,
          project: named(one.project) || undefined,
          account: named(one.account) || undefined,
        }),
      );
      const last = history.at(-1);
      return isReversed && last ? [...history, { ...last, status: 'reversed', version: last.version + 1n }] : history;
    }),
  );

/** One total of a month, in the form in which both the recomputation and the database are compared. */
export type ModelTotal = {
  key: string;
  total: bigint;
  count: bigint;
  refunds: bigint;
  refundsCount: bigint;
};

const nilId = '00000000-0000-0000-0000-000000000000';

/** The totals computed the plain way: from the last state of each expense, one after the other. */
export function recompute(expenses: readonly ledger.Expense[]): ModelTotal[] {
  const totals = new Map<string, ModelTotal>();
  for (const one of expenses) {
    if (one.status !== 'posted' || !one.booked) continue;
    const { amountMinor, currency } = one.booked;
    for (const [dimension, dimensionId] of [
      ['all', nilId],
      ['category', one.category?.id ?? nilId],
      ['project', one.project?.id ?? nilId],
      ['account', one.account?.id ?? nilId],
    ]) {
      const key = `${one.expenseDate.slice(0, 7)} ${dimension} ${dimensionId} ${currency}`;
      const total = totals.get(key) ?? { key, total: 0n, count: 0n, refunds: 0n, refundsCount: 0n };
      total.total += amountMinor;
      total.count += 1n;
      if (one.amount && one.amount.amountMinor < 0n) {
        total.refunds += amountMinor;
        total.refundsCount += 1n;
      }
      totals.set(key, total);
    }
  }
  return [...totals.values()].sort((left, right) => (left.key < right.key ? -1 : 1));
}
