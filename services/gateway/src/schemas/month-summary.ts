import type { reporting } from '@outlay/contracts';
import { formatAmount } from '@outlay/platform';
import { z } from 'zod';
import { currency, instant, present, renderedAmount, renderInstant, uuid } from './common.ts';

const total = z
  .strictObject({
    id: uuid.nullable().meta({ description: 'Null: expenses that have none.' }),
    name: z.string().nullable(),
    total: renderedAmount.meta({ description: 'Net of refunds.' }),
    count: z.int(),
  })
  .meta({ id: 'Total' });

export const monthSummarySchema = z
  .strictObject({
    month: z.string(),
    currency: currency.meta({ description: "The tenant's: all totals are in it." }),
    total: renderedAmount.meta({ description: 'Net of refunds.' }),
    count: z.int().meta({ description: 'Expenses and refunds.' }),
    refunds: z
      .strictObject({
        total: renderedAmount.meta({ description: 'Zero or negative.' }),
        count: z.int().meta({
          description: 'Of negative amounts as they were paid, those too that are worth nothing in this currency.',
        }),
      })
      .meta({ id: 'Refunds' }),
    by_category: z.array(total).meta({ description: 'Largest first.' }),
    by_project: z.array(total),
    by_account: z.array(total),
  })
  .meta({ id: 'MonthSummary', description: 'What one month came to.' });

export const rebuildSchema = z
  .strictObject({
    tenant_id: uuid,
    expenses: z.int().meta({ description: 'How many were read from the ledger.' }),
    repaired: z.int().meta({ description: 'How many expenses, totals and names were not what the ledger says.' }),
    as_of: instant,
  })
  .meta({ id: 'Rebuild' });

export const monthSummaryExample: z.input<typeof monthSummarySchema> = {
  month: '2025-01',
  currency: 'EUR',
  total: '118.30',
  count: 2,
  refunds: { total: '-3.50', count: 1 },
  by_category: [{ id: '0197a3c0-1111-7000-8000-000000000001', name: 'Software', total: '118.30', count: 2 }],
  by_project: [
    { id: '0197a3c0-3333-7000-8000-000000000001', name: 'Website', total: '121.80', count: 1 },
    { id: null, name: null, total: '-3.50', count: 1 },
  ],
  by_account: [{ id: '0197a3c0-2222-7000-8000-000000000001', name: 'Company card', total: '118.30', count: 2 }],
};

export function renderMonthSummary(summary: reporting.GetMonthSummaryResponse): z.input<typeof monthSummarySchema> {
  const { currency } = summary;
  const money = (minor: bigint, long: string | undefined) =>
    formatAmount(long === undefined ? minor : BigInt(long), currency);
  const renderTotal = (given: reporting.Total): z.input<typeof total> => ({
    id: given.id || null,
    name: given.name || null,
    total: money(given.totalMinor, given.longTotalMinor),
    count: Number(given.count),
  });
  return {
    month: summary.month,
    currency,
    total: money(summary.totalMinor, summary.longTotalMinor),
    count: Number(summary.count),
    refunds: {
      total: money(summary.refundsTotalMinor, summary.longRefundsTotalMinor),
      count: Number(summary.refundsCount),
    },
    by_category: summary.byCategory.map(renderTotal),
    by_project: summary.byProject.map(renderTotal),
    by_account: summary.byAccount.map(renderTotal),
  };
}

export function renderRebuild(rebuilt: reporting.RebuildTenantResponse): z.input<typeof rebuildSchema> {
  return {
    tenant_id: present(rebuilt.tenantId || undefined, 'a tenant'),
    expenses: Number(rebuilt.expenses),
    repaired: Number(rebuilt.repaired),
    as_of: renderInstant(rebuilt.asOf),
  };
}
