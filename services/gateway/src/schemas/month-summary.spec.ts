import { expect, it } from '@jest/globals';
import type { reporting } from '@outlay/contracts';
import { renderMonthSummary } from './month-summary.ts';

const summary: reporting.GetMonthSummaryResponse = {
  ...{ month: '2025-01', currency: 'EUR', totalMinor: 11_830n, count: 2n, refundsTotalMinor: -350n, refundsCount: 1n },
  byCategory: [{ id: '', name: '', totalMinor: 11_830n, count: 2n }],
  ...{ byProject: [], byAccount: [] },
};

it('a month is shown with sums of 64 bits, and with longer ones', () => {
  const long = { totalMinor: 0n, longTotalMinor: '9500000000000000001' };

  expect(renderMonthSummary(summary)).toMatchObject({
    ...{ total: '118.30', refunds: { total: '-3.50' }, by_category: [{ total: '118.30' }] },
  });
  expect(
    renderMonthSummary({
      ...{ ...summary, ...long, refundsTotalMinor: 0n, longRefundsTotalMinor: '-9223372036854775809' },
      byCategory: [{ ...summary.byCategory[0]!, ...long }],
    }),
  ).toMatchObject({
    total: '95000000000000000.01',
    refunds: { total: '-92233720368547758.09' },
    by_category: [{ total: '95000000000000000.01' }],
  });
});
