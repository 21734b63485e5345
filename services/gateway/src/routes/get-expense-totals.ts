import { access } from '@outlay/contracts';
import { formatAmount } from '@outlay/platform';
import { z } from 'zod';
import { defineRoute } from '../http/define-route.ts';
import { currency, endsAfterItBegins, endsTooEarly, renderedAmount } from '../schemas/common.ts';
import { expenseFilterQuery, toExpenseFilter } from '../schemas/expense-filter.ts';

const totals = z
  .strictObject({
    count: z.int(),
    booked_amount: renderedAmount.meta({ description: "In the tenant's currency." }),
    booked_currency: currency,
    paid: z
      .array(z.strictObject({ currency, count: z.int(), amount: renderedAmount, booked_amount: renderedAmount }))
      .meta({ description: 'By the currency that was paid in.' }),
  })
  .meta({ id: 'ExpenseTotals', description: 'What expenses come to; refunds are taken off.' });

export const getExpenseTotals = defineRoute({
  operationId: 'getExpenseTotals',
  method: 'get',
  path: '/expenses/totals',
  summary: 'Add up expenses',
  description: 'All that the list shows for the same filters, whichever page. Members get the totals of their own.',
  tags: ['Expenses'],
  access: access.ledger.getExpenseTotals,
  request: { query: z.strictObject(expenseFilterQuery).refine(endsAfterItBegins, endsTooEarly) },
  responses: {
    200: {
      description: 'How many, and what they come to.',
      schema: totals,
      example: {
        count: 2,
        booked_amount: '161.80',
        booked_currency: 'EUR',
        paid: [
          { currency: 'EUR', count: 1, amount: '40.00', booked_amount: '40.00' },
          { currency: 'USD', count: 1, amount: '125.50', booked_amount: '121.80' },
        ],
      },
    },
  },
  async handle({ context, query, services, tenantOf }) {
    const { count, bookedCurrency, bookedMinor, paid } = await services.ledger.getExpenseTotals(context, {
      filter: await toExpenseFilter(query, { context, tenantOf }),
    });
    const booked = (minor: string) => formatAmount(BigInt(minor), bookedCurrency);
    return {
      status: 200,
      body: {
        count: Number(count),
        booked_amount: booked(bookedMinor),
        booked_currency: bookedCurrency,
        paid: paid.map((one) => ({
          currency: one.currency,
          count: Number(one.count),
          amount: formatAmount(BigInt(one.amountMinor), one.currency),
          booked_amount: booked(one.bookedMinor),
        })),
      },
    };
  },
});
