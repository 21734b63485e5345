import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { idParams } from '../schemas/common.ts';
import { importMappingExample, importMappingSchema, renderImportMapping } from '../schemas/import-mapping.ts';

export const getImportMapping = defineRoute({
  operationId: 'getImportMapping',
  method: 'get',
  path: '/import-mappings/{id}',
  summary: 'Show a mapping',
  tags: ['Imports'],
  access: access.ledger.getImportMapping,
  notFound: 'import_mapping_not_found',
  request: { params: idParams },
  responses: {
    200: { description: 'The mapping.', schema: importMappingSchema, example: importMappingExample, etag: true },
  },
  async handle({ context, params, services }) {
    const { mapping } = await services.ledger.getImportMapping(context, { mappingId: params.id });
    return { status: 200, body: renderImportMapping(mapping), version: mapping?.version };
  },
});
