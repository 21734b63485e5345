import { access } from '@outlay/contracts';
import { z } from 'zod';
import { defineRoute } from '../http/define-route.ts';
import { calendarDate, currency } from '../schemas/common.ts';
import { effectiveRateExample, effectiveRateSchema, renderEffectiveRate } from '../schemas/exchange-rate.ts';

export const getEffectiveRate = defineRoute({
  operationId: 'getEffectiveRate',
  method: 'get',
  path: '/exchange-rates/effective',
  summary: 'Read the rate in force on a day',
  description:
    'What an expense of that day is booked at without a rate of its own: the newest rate of the day or the 7 days before ' +
    "it, from the tenant's own list, else the platform's; of the pair, else of the opposite direction, else through the euro. 404 " +
    'where there is none.',
  tags: ['Exchange rates'],
  access: access.ledger.getEffectiveRate,
  errors: ['exchange_rate_not_found'],
  request: {
    query: z.strictObject({
      from: currency,
      to: currency.optional().meta({ description: "Left out: the tenant's currency." }),
      date: calendarDate.meta({ description: 'From 1970 on, at most ten years ahead.', examples: ['2025-01-15'] }),
    }),
  },
  responses: {
    200: {
      description: 'The rate, and what it was made from.',
      schema: effectiveRateSchema,
      example: effectiveRateExample,
    },
  },
  async handle({ context, query, services }) {
    const found = await services.ledger.getEffectiveRate(context, {
      ...{ from: query.from, to: query.to ?? '', date: query.date },
    });
    return { status: 200, body: renderEffectiveRate(found) };
  },
});
