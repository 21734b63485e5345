import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { pageQueryOnly, paginationExample, renderPagination, toPageRequest } from '../schemas/common.ts';
import { importExample, importPage, previewExample, renderImport } from '../schemas/import.ts';

export const listImports = defineRoute({
  operationId: 'listImports',
  method: 'get',
  path: '/imports',
  summary: 'List imports, newest first',
  description: 'Members see the ones they started.',
  tags: ['Imports'],
  access: access.ledger.listImports,
  request: { query: pageQueryOnly },
  responses: {
    200: {
      description: 'A page of imports.',
      schema: importPage,
      example: { data: [previewExample, importExample], pagination: paginationExample },
    },
  },
  async handle({ context, query, services }) {
    const { imports, page } = await services.ledger.listImports(context, { page: toPageRequest(query) });
    return { status: 200, body: { data: imports.map(renderImport), pagination: renderPagination(page, query.limit) } };
  },
});
