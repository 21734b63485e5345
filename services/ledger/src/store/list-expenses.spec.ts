import { describe, expect, it } from '@jest/globals';
import { newId } from '@outlay/platform';
import type { ExpenseFilter } from './expense-filter.ts';
import { expenseOrder, expenseSorts } from './expense-order.ts';
import { listExpensesStatement } from './list-expenses.ts';

const one = { ids: [newId()], isNone: false };
const two = { ids: [newId(), newId()], isNone: false };
const none = { ids: [], isNone: true };
const eitherWay = { ids: [newId()], isNone: true };

const ofReference = (key: 'categories' | 'accounts' | 'projects'): ExpenseFilter[] =>
  [one, two, none, eitherWay].map((wanted) => ({ [key]: wanted }));

/** Every kind of condition that a list can be asked for. */
const conditions: ExpenseFilter[] = [
  {},
  ...ofReference('categories'),
  ...ofReference('accounts'),
  ...ofReference('projects'),
  { importId: newId() },
  { userId: newId() },
  { vendor: 'Ley' },
  { paymentMethod: 'cash' },
  { currency: { code: 'USD', isForeign: true } },
  { currency: { code: 'EUR', isForeign: false } },
  { tags: ['a'] },
  { tags: ['a', 'b'] },
  { tags: ['a', 'b'], isEachTag: true },
  { words: [] },
  { words: ['a'] },
  { words: ['a', 'b'] },
  { words: ['a', 'b', 'c'] },
  { amountMinorFrom: 1n },
  { amountMinorTo: 1n },
  { dateFrom: '2026-01-01' },
  { dateTo: '2026-01-31' },
  { dateFrom: '2026-01-01', dateTo: '2026-01-31' },
];

const listings = conditions.flatMap((first) =>
  conditions.flatMap((second) =>
    (['posted', 'reversed', undefined] as const).flatMap((status) =>
      expenseSorts.flatMap((sort) =>
        [undefined, { key: '1', id: newId() }].map((after) => ({
          ...{
            filter: { ...first, ...second, ...(status && { status }) },
            order: expenseOrder(sort),
            after,
            count: 51,
          },
        })),
      ),
    ),
  ),
);

describe('the statements of lists', () => {
  const statements = listings.map((wanted) => listExpensesStatement(newId(), wanted).statement);
  const named = Map.groupBy(
    statements.filter(({ name }) => name !== ''),
    ({ name }) => name,
  );

  it('have few names, whatever is asked for: a session keeps what has one', () => {
    expect(named.size).toBeGreaterThan(10);
    expect(named.size).toBeLessThanOrEqual(60);
  });

  it('have one text for each name', () => {
    for (const [name, same] of named) expect([name, new Set(same.map(({ text }) => text)).size]).toEqual([name, 1]);
  });

  it('have a name for what is asked for most: the newest, of a month, of a category, of a person', () => {
    const usual = { order: expenseOrder('-expense_date'), after: undefined, count: 51 };
    for (const filter of [
      {},
      { dateFrom: '2026-01-01', dateTo: '2026-01-31' },
      { categories: one },
      { userId: newId() },
    ]) {
      const { statement } = listExpensesStatement(newId(), { ...usual, filter: { ...filter, status: 'posted' } });
      expect(statement.name).not.toBe('');
    }
  });
});
