import { defineRoute } from '../http/define-route.ts';
import { pageQueryOnly, paginationExample, renderPagination, toPageRequest } from '../schemas/common.ts';
import { importExample, importPage, renderImport } from '../schemas/import.ts';

export const listImports = defineRoute({
  operationId: 'listImports',
  method: 'get',
  path: '/imports',
  summary: 'List imports, newest first',
  tags: ['Imports'],
  auth: 'tenant',
  request: { query: pageQueryOnly },
  responses: {
    200: {
      description: 'A page of imports.',
      schema: importPage,
      example: { data: [importExample], pagination: paginationExample },
    },
  },
  async handle({ context, query, services }) {
    const { imports, page } = await services.ledger.listImports(context, { page: toPageRequest(query) });
    return { status: 200, body: { data: imports.map(renderImport), pagination: renderPagination(page, query.limit) } };
  },
});
