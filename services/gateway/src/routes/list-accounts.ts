import { defineRoute } from '../http/define-route.ts';
import { accountExample, accountPage, renderAccount } from '../schemas/book.ts';
import { pageQueryOnly, paginationExample, renderPagination, toPageRequest } from '../schemas/common.ts';

export const listAccounts = defineRoute({
  operationId: 'listAccounts',
  method: 'get',
  path: '/accounts',
  summary: 'List the accounts',
  tags: ['Accounts'],
  auth: 'tenant',
  request: { query: pageQueryOnly },
  responses: {
    200: {
      description: 'A page of accounts, by name.',
      schema: accountPage,
      example: { data: [accountExample], pagination: paginationExample },
    },
  },
  async handle({ context, query, services }) {
    const { accounts, page } = await services.ledger.listAccounts(context, { page: toPageRequest(query) });
    return {
      status: 200,
      body: { data: accounts.map(renderAccount), pagination: renderPagination(page, query.limit) },
    };
  },
});
