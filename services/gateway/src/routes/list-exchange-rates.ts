import { access } from '@outlay/contracts';
import { z } from 'zod';
import { defineRoute } from '../http/define-route.ts';
import {
  calendarDate,
  currency,
  endsAfterItBegins,
  endsTooEarly,
  pageQuery,
  paginationExample,
  renderPagination,
  toPageRequest,
} from '../schemas/common.ts';
import {
  exchangeRateExample,
  exchangeRatePage,
  platformRateExample,
  rateSource,
  renderExchangeRate,
} from '../schemas/exchange-rate.ts';

export const listExchangeRates = defineRoute({
  operationId: 'listExchangeRates',
  method: 'get',
  path: '/exchange-rates',
  summary: 'List exchange rates',
  description:
    "The tenant's own and the platform's, which are the reference rates of the European Central Bank; the newest day first. " +
    'Each in its newest revision.',
  tags: ['Exchange rates'],
  access: access.ledger.listExchangeRates,
  request: {
    query: z
      .strictObject({
        currency: currency.optional().meta({ description: 'On either side of the pair.' }),
        date_from: calendarDate.optional().meta({ description: 'Of this day or later.' }),
        date_to: calendarDate.optional().meta({ description: 'Of this day or earlier.' }),
        source: rateSource.optional().meta({ description: 'On which list.' }),
        ...pageQuery,
      })
      .refine(endsAfterItBegins, endsTooEarly),
  },
  responses: {
    200: {
      description: 'A page of rates.',
      schema: exchangeRatePage,
      example: { data: [exchangeRateExample, platformRateExample], pagination: paginationExample },
    },
  },
  async handle({ context, query, services }) {
    const { exchangeRates, page } = await services.ledger.listExchangeRates(context, {
      ...{ currency: query.currency ?? '', source: query.source ?? '' },
      ...{ dateFrom: query.date_from ?? '', dateTo: query.date_to ?? '' },
      page: toPageRequest(query),
    });
    const data = exchangeRates.map(renderExchangeRate);
    return { status: 200, body: { data, pagination: renderPagination(page, query.limit) } };
  },
});
