import { access } from '@outlay/contracts';
import { z } from 'zod';
import { defineRoute } from '../http/define-route.ts';
import { idParams } from '../schemas/common.ts';
import { deletion } from '../schemas/reference.ts';

export const deleteAccount = defineRoute({
  operationId: 'deleteAccount',
  method: 'delete',
  path: '/accounts/{id}',
  summary: 'Delete an account',
  description: deletion,
  tags: ['Accounts'],
  access: access.ledger.deleteAccount,
  ifMatch: true,
  notFound: 'account_not_found',
  request: { params: idParams },
  responses: { 204: { description: 'It is removed or archived.', schema: z.undefined(), example: undefined } },
  async handle({ context, params, ifMatch, services }) {
    const { replayed } = await services.ledger.deleteAccount(context, { accountId: params.id, version: ifMatch });
    return { status: 204, body: undefined, replayed };
  },
});
