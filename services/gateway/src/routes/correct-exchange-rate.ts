import { access, type ledger } from '@outlay/contracts';
import { type Call, defineRoute } from '../http/define-route.ts';
import { idParams } from '../schemas/common.ts';
import {
  exchangeRateCorrection,
  exchangeRateExample,
  exchangeRatePatchBody,
  exchangeRateSchema,
  renderExchangeRate,
} from '../schemas/exchange-rate.ts';

const common = {
  path: '/exchange-rates/{id}',
  tags: ['Exchange rates'],
  access: access.ledger.correctExchangeRate,
  ifMatch: true,
  notFound: 'exchange_rate_not_found',
  responses: {
    200: {
      description: 'The rate as it is now.',
      schema: exchangeRateSchema,
      example: { ...exchangeRateExample, rate: '0.9725', version: 2 },
      etag: true,
    },
  },
} as const;

const whatFollows =
  'Makes a newer revision; the old one stays readable. What was booked at it is restated in the background: reversed and ' +
  'booked anew for the same day, so that the books of before can still be read as of before. The same rate again changes nothing.';

export const correctExchangeRate = defineRoute({
  ...common,
  operationId: 'correctExchangeRate',
  method: 'put',
  summary: "Correct one of the tenant's own rates",
  description: whatFollows,
  request: { params: idParams, body: exchangeRateCorrection, bodyExample: { rate: '0.9725', provider: 'Treasury' } },
  handle: (call) => correct(call, { rate: call.body.rate, provider: call.body.provider ?? '' }),
});

/** The same with a part of it. */
export const updateExchangeRate = defineRoute({
  ...common,
  operationId: 'updateExchangeRate',
  method: 'patch',
  summary: "Correct a part of one of the tenant's own rates",
  description: `What is left out stays. ${whatFollows}`,
  request: { params: idParams, body: exchangeRatePatchBody, bodyExample: { rate: '0.9725' } },
  handle: (call) => {
    const { rate, provider } = call.body;
    return correct(call, { rate, provider: provider === null ? '' : provider });
  },
});

async function correct(
  { context, params, ifMatch, services }: Call<typeof common.access, { id: string }, unknown, unknown>,
  changes: Pick<ledger.CorrectExchangeRateRequest, 'rate' | 'provider'>,
) {
  const { exchangeRate, replayed } = await services.ledger.correctExchangeRate(context, {
    ...{ exchangeRateId: params.id, version: ifMatch },
    ...changes,
  });
  return { status: 200 as const, body: renderExchangeRate(exchangeRate), version: exchangeRate?.version, replayed };
}
