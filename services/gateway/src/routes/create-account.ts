import { defineRoute } from '../http/define-route.ts';
import { accountExample, accountSchema, createAccountBody, renderAccount } from '../schemas/book.ts';

export const createAccount = defineRoute({
  operationId: 'createAccount',
  method: 'post',
  path: '/accounts',
  summary: 'Make an account',
  tags: ['Accounts'],
  auth: 'tenant',
  roles: ['owner', 'admin'],
  request: { body: createAccountBody, bodyExample: { name: 'Company card', kind: 'card', currency: 'EUR' } },
  responses: {
    201: { description: 'The account exists.', schema: accountSchema, example: accountExample, etag: true },
  },
  errors: ['name_taken'],
  async handle({ context, body, services }) {
    const { account, replayed } = await services.ledger.createAccount(context, body);
    return { status: 201, body: renderAccount(account), version: account?.version, replayed };
  },
});
