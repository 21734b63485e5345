import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { idParams, present } from '../schemas/common.ts';
import { importExample, importSchema, renderImport } from '../schemas/import.ts';

export const commitImport = defineRoute({
  operationId: 'commitImport',
  method: 'post',
  path: '/imports/{id}/commit',
  summary: 'Book what was previewed',
  description:
    'Books the file of a dry run, in the background, from the bytes that were kept: nothing is sent again. What is a ' +
    'duplicate, what the plan allows and at what rate is decided anew; how the file is read is not. A preview can be committed ' +
    'until it expires, a day after it was made. Where the currency of the tenant has changed since it was made it is refused ' +
    'as `preview_outdated`: send the file again. ' +
    'Where 20 imports of the tenant wait or are under way it is refused as `too_many_imports`: try again when some are done.',
  tags: ['Imports'],
  access: access.ledger.commitImport,
  notFound: 'import_not_found',
  request: { params: idParams },
  responses: {
    202: {
      description: 'It is being booked, or was already.',
      schema: importSchema,
      example: { ...importExample, status: 'processing', rows_done: 0, imported: 0, refused: 0, finished_at: null },
      location: true,
    },
  },
  errors: ['import_not_previewed', 'preview_expired', 'preview_outdated', 'too_many_imports'],
  async handle({ context, params, services }) {
    const answer = await services.ledger.commitImport(context, { importId: params.id });
    const committed = present(answer.import, 'an import');
    return {
      status: 202,
      body: renderImport(committed),
      location: `/api/v1/imports/${committed.id}`,
      replayed: answer.replayed,
    };
  },
});
