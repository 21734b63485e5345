import { access } from '@outlay/contracts';
import { z } from 'zod';
import { defineRoute } from '../http/define-route.ts';
import { idParams } from '../schemas/common.ts';

export const withdrawExchangeRate = defineRoute({
  operationId: 'withdrawExchangeRate',
  method: 'delete',
  path: '/exchange-rates/{id}',
  summary: "Withdraw one of the tenant's own rates",
  description:
    'What was booked at it is restated at the rate that is in force without it; where none is, it stays as it is booked.',
  tags: ['Exchange rates'],
  access: access.ledger.withdrawExchangeRate,
  ifMatch: true,
  notFound: 'exchange_rate_not_found',
  request: { params: idParams },
  responses: { 204: { description: 'It is off the list.', schema: z.undefined(), example: undefined } },
  async handle({ context, params, ifMatch, services }) {
    const { replayed } = await services.ledger.withdrawExchangeRate(context, {
      ...{ exchangeRateId: params.id, version: ifMatch },
    });
    return { status: 204, body: undefined, replayed };
  },
});
