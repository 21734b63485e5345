import { describe, expect, it } from '@jest/globals';
import { exportHeader } from './export-columns.ts';
import { exportRowParser } from './export-row.ts';
import { dateReader } from './resolve-date.ts';

const row: Record<string, string> = {
  id: '0197a3c0-1111-7000-8000-000000000001',
  expense_date: '2025-01-15',
  amount: '12.50',
  currency: 'EUR',
  title: 'Desks',
  status: 'posted',
};

const today = '2025-02-01';

const parse = (change: Record<string, string>) =>
  exportRowParser(
    { headers: [...exportHeader], width: exportHeader.length, decimalMark: '.' },
    { today, tenantCurrency: 'EUR', resolve: dateReader({ order: 'ymd', compactOrder: 'ymd' }, today) },
  )(exportHeader.map((name) => ({ ...row, ...change })[name] ?? ''));

const refusedFor = (column: string, code: string) =>
  expect.objectContaining({ fault: expect.objectContaining({ column, code }) });

describe('a row of an export', () => {
  it('comes back with each tag once, and what is joined taken apart', () => {
    const { purchase } = parse({
      tags: 'travel;travel;rail\\;road',
      category_path: 'Office/Furniture',
      category: 'Furniture',
    }) as {
      purchase: object;
    };

    expect(purchase).toMatchObject({
      tags: ['travel', 'rail;road'],
      categoryPath: ['Office', 'Furniture'],
      category: 'Furniture',
    });
  });

  it('has the largest amount there is, of a currency without decimals too', () => {
    const largest = { amount: '1000000000000000', currency: 'JPY', booked_amount: '10000000000000.00' };

    expect(parse({ ...largest, booked_currency: 'EUR', exchange_rate: '0.01', rate_source: 'given' })).toMatchObject({
      purchase: { amount: { amountMinor: 10n ** 15n }, booked: { amountMinor: 10n ** 15n } },
    });
    expect(parse({ amount: '1000000000000001', currency: 'JPY' })).toEqual(refusedFor('amount', 'amount_too_large'));
  });

  it.each([
    ['category_path', `A/${'x'.repeat(201)}/B`, 'text_too_long'],
    ['tags', 'x'.repeat(51), 'text_too_long'],
    ['tags', Array.from({ length: 51 }, (_, index) => `tag ${index}`).join(';'), 'text_too_long'],
  ])('is refused for a %s that no expense can have: %.20s', (column, cell, code) => {
    expect(parse({ [column]: cell })).toEqual(refusedFor(column, code));
  });

  it('has no category, project or account where there are only blanks', () => {
    expect(parse({ category: '   ', project: ' ', account: '  ' })).toMatchObject({
      purchase: { category: '', project: '', account: undefined },
    });
  });
});
