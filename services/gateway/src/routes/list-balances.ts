import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { balancePage, balancePageExample, balancesQuery, ofOneInstant, renderBalancePage } from '../schemas/books.ts';
import { toPageRequest } from '../schemas/common.ts';

export const listBalances = defineRoute({
  operationId: 'listBalances',
  method: 'get',
  path: '/ledger/balances',
  summary: 'List what each account of the books stands at',
  description:
    'Each category, each account, and four that every tenant has: on a day (`as_of`), and as the books knew it at an instant ' +
    '(`known_as_of`). By currency. ' +
    ofOneInstant,
  tags: ['Reports'],
  access: access.ledger.listBalances,
  errors: ['books_not_settled'],
  request: { query: balancesQuery },
  responses: {
    200: { description: 'A page of accounts with their balances.', schema: balancePage, example: balancePageExample },
  },
  async handle({ context, query, services }) {
    const found = await services.ledger.listBalances(context, {
      asOf: query.as_of ?? '',
      knownAsOf: query.known_as_of ?? '',
      currency: query.currency ?? '',
      page: toPageRequest(query),
    });
    return { status: 200, body: renderBalancePage(found, query) };
  },
});
