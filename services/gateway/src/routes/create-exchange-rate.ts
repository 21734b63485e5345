import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import {
  exchangeRateBody,
  exchangeRateBodyExample,
  exchangeRateExample,
  exchangeRateSchema,
  renderExchangeRate,
} from '../schemas/exchange-rate.ts';

export const createExchangeRate = defineRoute({
  operationId: 'createExchangeRate',
  method: 'post',
  path: '/exchange-rates',
  summary: 'Give an exchange rate',
  description:
    "Puts it on the tenant's own list, which comes before the platform's. Expenses of its day and the 7 days after that " +
    'were booked at a listed rate are restated in the background where another rate is in force now.',
  tags: ['Exchange rates'],
  access: access.ledger.createExchangeRate,
  request: { body: exchangeRateBody, bodyExample: exchangeRateBodyExample },
  responses: {
    201: {
      description: 'It is on the list.',
      schema: exchangeRateSchema,
      example: exchangeRateExample,
      etag: true,
      location: true,
    },
  },
  errors: ['exchange_rate_exists'],
  async handle({ context, body, services }) {
    const { exchangeRate, replayed } = await services.ledger.createExchangeRate(context, {
      ...{ baseCurrency: body.base_currency, quoteCurrency: body.quote_currency },
      ...{ rate: body.rate, date: body.date, provider: body.provider ?? '' },
    });
    return {
      status: 201,
      body: renderExchangeRate(exchangeRate),
      version: exchangeRate?.version,
      location: `/api/v1/exchange-rates/${exchangeRate?.id}`,
      replayed,
    };
  },
});
