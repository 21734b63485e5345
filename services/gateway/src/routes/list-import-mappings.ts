import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { pageQueryOnly, paginationExample, renderPagination, toPageRequest } from '../schemas/common.ts';
import { importMappingExample, importMappingPage, renderImportMapping } from '../schemas/import-mapping.ts';

export const listImportMappings = defineRoute({
  operationId: 'listImportMappings',
  method: 'get',
  path: '/import-mappings',
  summary: 'List mappings by name',
  tags: ['Imports'],
  access: access.ledger.listImportMappings,
  request: { query: pageQueryOnly },
  responses: {
    200: {
      description: 'A page of mappings.',
      schema: importMappingPage,
      example: { data: [importMappingExample], pagination: paginationExample },
    },
  },
  async handle({ context, query, services }) {
    const { mappings, page } = await services.ledger.listImportMappings(context, { page: toPageRequest(query) });
    return {
      status: 200,
      body: { data: mappings.map(renderImportMapping), pagination: renderPagination(page, query.limit) },
    };
  },
});
