import { access } from '@outlay/contracts';
import { z } from 'zod';
import { defineRoute } from '../http/define-route.ts';
import { idParams } from '../schemas/common.ts';

export const deleteImportMapping = defineRoute({
  operationId: 'deleteImportMapping',
  method: 'delete',
  path: '/import-mappings/{id}',
  summary: 'Forget a mapping',
  description: 'Imports that were read by it keep what it said.',
  tags: ['Imports'],
  access: access.ledger.deleteImportMapping,
  ifMatch: true,
  notFound: 'import_mapping_not_found',
  request: { params: idParams },
  responses: { 204: { description: 'It is forgotten.', schema: z.undefined(), example: undefined } },
  async handle({ context, params, ifMatch, services }) {
    const { replayed } = await services.ledger.deleteImportMapping(context, { mappingId: params.id, version: ifMatch });
    return { status: 204, body: undefined, replayed };
  },
});
