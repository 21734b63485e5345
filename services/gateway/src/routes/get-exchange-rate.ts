import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { idParams } from '../schemas/common.ts';
import { exchangeRateExample, exchangeRateHistorySchema, renderExchangeRate } from '../schemas/exchange-rate.ts';

export const getExchangeRate = defineRoute({
  operationId: 'getExchangeRate',
  method: 'get',
  path: '/exchange-rates/{id}',
  summary: "Read one of the tenant's own rates with its history",
  description: 'Also one that was withdrawn.',
  tags: ['Exchange rates'],
  access: access.ledger.getExchangeRate,
  notFound: 'exchange_rate_not_found',
  request: { params: idParams },
  responses: {
    200: {
      description: 'The rate, and all that it ever was.',
      schema: exchangeRateHistorySchema,
      example: { ...exchangeRateExample, revisions: [exchangeRateExample] },
      etag: true,
    },
  },
  async handle({ context, params, services }) {
    const { exchangeRate, revisions } = await services.ledger.getExchangeRate(context, { exchangeRateId: params.id });
    return {
      status: 200,
      body: { ...renderExchangeRate(exchangeRate), revisions: revisions.map(renderExchangeRate) },
      version: exchangeRate?.version,
    };
  },
});
