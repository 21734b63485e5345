import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { apiKeyExample, apiKeyPage, renderApiKey } from '../schemas/api-key.ts';
import { pageQueryOnly, paginationExample, renderPagination, toPageRequest } from '../schemas/common.ts';

export const listApiKeys = defineRoute({
  operationId: 'listApiKeys',
  method: 'get',
  path: '/api-keys',
  summary: 'List API keys, newest first',
  description: 'Those that work no more too. Never a secret.',
  tags: ['API keys'],
  access: access.identity.listApiKeys,
  request: { query: pageQueryOnly },
  responses: {
    200: {
      description: 'A page of keys.',
      schema: apiKeyPage,
      example: { data: [apiKeyExample], pagination: paginationExample },
    },
  },
  async handle({ context, query, services }) {
    const { apiKeys, page } = await services.identity.listApiKeys(context, { page: toPageRequest(query) });
    return { status: 200, body: { data: apiKeys.map(renderApiKey), pagination: renderPagination(page, query.limit) } };
  },
});
