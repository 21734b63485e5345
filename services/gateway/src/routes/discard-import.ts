import { access } from '@outlay/contracts';
import { z } from 'zod';
import { defineRoute } from '../http/define-route.ts';
import { idParams } from '../schemas/common.ts';

export const discardImport = defineRoute({
  operationId: 'discardImport',
  method: 'delete',
  path: '/imports/{id}',
  summary: 'Let go of a preview',
  description:
    'Drops the file of a dry run and what was seen of its rows, before its day is over, also while its rows are still being ' +
    'looked at or when that has failed; it is `expired` from then on, shows no rows and makes room for another. What an import has booked is taken ' +
    'back by `undo`.',
  tags: ['Imports'],
  access: access.ledger.discardImport,
  notFound: 'import_not_found',
  request: { params: idParams },
  responses: { 204: { description: 'It is gone, or was already.', schema: z.undefined(), example: undefined } },
  errors: ['import_not_previewed'],
  async handle({ context, params, services }) {
    const { replayed } = await services.ledger.discardImport(context, { importId: params.id });
    return { status: 204, body: undefined, replayed };
  },
});
