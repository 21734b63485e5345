import { access } from '@outlay/contracts';
import { z } from 'zod';
import { defineRoute } from '../http/define-route.ts';
import { idParams, pageQuery, paginationExample, renderPagination, toPageRequest } from '../schemas/common.ts';
import { importFates, importRowExample, importRowPage, renderImportRow } from '../schemas/import.ts';

export const listImportRows = defineRoute({
  operationId: 'listImportRows',
  method: 'get',
  path: '/imports/{id}/rows',
  summary: 'List what became of the rows of an import',
  description:
    'Each line of the file with its fate: imported, a duplicate of what is there, or refused and why. `fate` narrows the list.',
  tags: ['Imports'],
  access: access.ledger.listImportRows,
  notFound: 'import_not_found',
  request: {
    params: idParams,
    query: z.strictObject({
      fate: z.enum(importFates).optional().meta({ description: 'Only rows of this fate.' }),
      ...pageQuery,
    }),
  },
  responses: {
    200: {
      description: 'A page of rows, in the order of the file.',
      schema: importRowPage,
      example: { data: [importRowExample], pagination: paginationExample },
    },
  },
  async handle({ context, params, query, services }) {
    const { rows, page } = await services.ledger.listImportRows(context, {
      importId: params.id,
      fate: query.fate ?? '',
      page: toPageRequest(query),
    });
    return { status: 200, body: { data: rows.map(renderImportRow), pagination: renderPagination(page, query.limit) } };
  },
});
