import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import {
  accountBody,
  accountBodyExample,
  accountExample,
  changedAccountSchema,
  renderAccount,
  toAccountInput,
} from '../schemas/account.ts';
import { renderWarnings } from '../schemas/common.ts';

export const createAccount = defineRoute({
  operationId: 'createAccount',
  method: 'post',
  path: '/accounts',
  summary: 'Make an account',
  description:
    'Accounts say what expenses are paid from: cash, a bank account, a card. An opening balance is booked in the currency of the account.',
  tags: ['Accounts'],
  access: access.ledger.createAccount,
  request: { body: accountBody, bodyExample: accountBodyExample },
  responses: {
    201: { description: 'The account exists.', schema: changedAccountSchema, example: accountExample, etag: true },
  },
  errors: ['name_taken', 'plan_limit_reached', 'plan_unknown'],
  async handle({ context, body, services }) {
    const { account, replayed, warnings } = await services.ledger.createAccount(
      context,
      toAccountInput(body, body.currency),
    );
    return {
      status: 201,
      body: { ...renderAccount(account), ...renderWarnings(warnings) },
      version: account?.version,
      replayed,
    };
  },
});
