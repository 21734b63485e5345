import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { accountExample, accountSchema, renderAccount } from '../schemas/account.ts';
import { idParams } from '../schemas/common.ts';

export const getAccount = defineRoute({
  operationId: 'getAccount',
  method: 'get',
  path: '/accounts/{id}',
  summary: 'Show an account',
  description: 'Archived ones too.',
  tags: ['Accounts'],
  access: access.ledger.getAccount,
  notFound: 'account_not_found',
  request: { params: idParams },
  responses: {
    200: { description: 'The account.', schema: accountSchema, example: accountExample, etag: true },
  },
  async handle({ context, params, services }) {
    const { account } = await services.ledger.getAccount(context, { accountId: params.id });
    return { status: 200, body: renderAccount(account), version: account?.version };
  },
});
