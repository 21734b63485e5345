import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { idParams } from '../schemas/common.ts';
import { importExample, importSchema, renderImport } from '../schemas/import.ts';

export const getImport = defineRoute({
  operationId: 'getImport',
  method: 'get',
  path: '/imports/{id}',
  summary: 'Show how far an import is',
  description:
    'Rows are worked on in the background; ask again until `status` is `completed` or `failed`, or `previewed` where it is a dry run.',
  tags: ['Imports'],
  access: access.ledger.getImport,
  notFound: 'import_not_found',
  request: { params: idParams },
  responses: { 200: { description: 'The import.', schema: importSchema, example: importExample } },
  async handle({ context, params, services }) {
    const answer = await services.ledger.getImport(context, { importId: params.id });
    return { status: 200, body: renderImport(answer.import) };
  },
});
