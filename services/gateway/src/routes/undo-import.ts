import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { idParams, present } from '../schemas/common.ts';
import { importExample, importSchema, renderImport } from '../schemas/import.ts';

export const undoImport = defineRoute({
  operationId: 'undoImport',
  method: 'post',
  path: '/imports/{id}/undo',
  summary: 'Take back all that an import has booked',
  description:
    'Reverses each of its expenses that is in the books, edited ones as they are now, in the background; `undo` shows how ' +
    'far it is. Categories, projects and accounts that it made are archived, but for those that something else uses, an ' +
    'import under way names or somebody has changed. Afterwards the same file can be imported again. Where 20 imports of the tenant wait or are ' +
    'under way it is refused as `too_many_imports`: try again when some are done.',
  tags: ['Imports'],
  access: access.ledger.undoImport,
  notFound: 'import_not_found',
  request: { params: idParams },
  responses: {
    202: {
      description: 'It is being taken back, or was already.',
      schema: importSchema,
      example: {
        ...importExample,
        status: 'undoing',
        undo: { reversed: 0, already_reversed: 0, references_removed: 0, left_out: 0, finished_at: null },
      },
      location: true,
    },
  },
  errors: ['import_not_booked', 'too_many_imports'],
  async handle({ context, params, services }) {
    const answer = await services.ledger.undoImport(context, { importId: params.id });
    const undoing = present(answer.import, 'an import');
    return {
      status: 202,
      body: renderImport(undoing),
      location: `/api/v1/imports/${undoing.id}`,
      replayed: answer.replayed,
    };
  },
});
