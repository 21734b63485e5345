import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { renderTrialBalance, trialBalanceExample, trialBalanceQuery, trialBalanceSchema } from '../schemas/books.ts';

/** It counts every posting there is. */
const deadlineMs = 25_000;

export const getTrialBalance = defineRoute({
  operationId: 'getTrialBalance',
  method: 'get',
  path: '/ledger/trial-balance',
  summary: 'Prove that the books balance',
  description:
    'All debits and all credits, counted posting by posting: they are the same in each currency, whatever day and instant ' +
    'is asked for.',
  tags: ['Reports'],
  access: access.ledger.getTrialBalance,
  errors: ['books_not_settled'],
  deadlineMs,
  request: { query: trialBalanceQuery },
  responses: {
    200: { description: 'The trial balance.', schema: trialBalanceSchema, example: trialBalanceExample },
  },
  async handle({ context, query, services }) {
    const found = await services.ledger.getTrialBalance(
      context,
      { asOf: query.as_of ?? '', knownAsOf: query.known_as_of ?? '' },
      { deadlineMs, isIdempotent: true },
    );
    return { status: 200, body: renderTrialBalance(found, query.as_of) };
  },
});
