import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { accountExample, accountPage, accountQuery, renderAccount } from '../schemas/account.ts';
import { paginationExample, renderPagination, toPageRequest } from '../schemas/common.ts';

export const listAccounts = defineRoute({
  operationId: 'listAccounts',
  method: 'get',
  path: '/accounts',
  summary: 'List the accounts',
  description: 'By name. Archived ones are left out unless they are asked for.',
  tags: ['Accounts'],
  access: access.ledger.listAccounts,
  request: { query: accountQuery },
  responses: {
    200: {
      description: 'A page of accounts, by name.',
      schema: accountPage,
      example: { data: [accountExample], pagination: paginationExample },
    },
  },
  async handle({ context, query, services }) {
    const { accounts, page } = await services.ledger.listAccounts(context, {
      page: toPageRequest(query),
      ...{ archived: query.archived, text: query.text, kind: query.kind },
    });
    return {
      status: 200,
      body: { data: accounts.map(renderAccount), pagination: renderPagination(page, query.limit) },
    };
  },
});
