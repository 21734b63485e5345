import { access } from '@outlay/contracts';
import type { TenantContext } from '@outlay/platform';
import { defineRoute } from '../http/define-route.ts';
import {
  accountBody,
  accountBodyExample,
  accountExample,
  accountPatchBody,
  allAccountFields,
  changedAccountSchema,
  renderAccount,
  toAccountInput,
} from '../schemas/account.ts';
import { idParams, present, renderWarnings } from '../schemas/common.ts';
import type { Services } from '../services.ts';

const common = {
  path: '/accounts/{id}',
  tags: ['Accounts'],
  access: access.ledger.updateAccount,
  ifMatch: true,
  notFound: 'account_not_found',
  errors: ['name_taken', 'books_disagree', 'plan_limit_reached', 'plan_unknown'],
} as const;

export const updateAccount = defineRoute({
  ...common,
  operationId: 'updateAccount',
  method: 'patch',
  summary: 'Change, archive or restore an account',
  description:
    'What is left out stays. The currency cannot change. Another opening balance reverses the entry of the one before.',
  request: { params: idParams, body: accountPatchBody, bodyExample: { name: 'Card of the office' } },
  responses: {
    200: {
      description: 'The account as it is now.',
      schema: changedAccountSchema,
      example: { ...accountExample, name: 'Card of the office', version: 2 },
      etag: true,
    },
  },
  async handle({ context, params, body, ifMatch, services }) {
    const { archived, ...changes } = body;
    const { account, replayed, warnings } = await services.ledger.updateAccount(context, {
      accountId: params.id,
      input: toAccountInput(changes, await currencyOf(services, context, params.id, changes)),
      updateMask: Object.keys(changes),
      ...{ archived, version: ifMatch },
    });
    return {
      status: 200,
      body: { ...renderAccount(account), ...renderWarnings(warnings) },
      version: account?.version,
      replayed,
    };
  },
});

/** The same with all of it. */
export const replaceAccount = defineRoute({
  ...common,
  operationId: 'replaceAccount',
  method: 'put',
  summary: 'Replace an account',
  description:
    'What is left out becomes empty, but for the currency, which cannot change; whether it is archived stays.',
  request: { params: idParams, body: accountBody, bodyExample: accountBodyExample },
  responses: {
    200: {
      description: 'The account as it is now.',
      schema: changedAccountSchema,
      example: { ...accountExample, version: 2 },
      etag: true,
    },
  },
  async handle({ context, params, body, ifMatch, services }) {
    const { account, replayed, warnings } = await services.ledger.updateAccount(context, {
      accountId: params.id,
      input: toAccountInput(body, body.currency),
      updateMask: allAccountFields,
      version: ifMatch,
    });
    return {
      status: 200,
      body: { ...renderAccount(account), ...renderWarnings(warnings) },
      version: account?.version,
      replayed,
    };
  },
});

/** An amount means nothing without its currency, which is the account's and never changes: read where it is needed. */
async function currencyOf(
  services: Services,
  context: TenantContext,
  accountId: string,
  { currency, opening_balance: opening }: { currency?: string | undefined; opening_balance?: unknown },
): Promise<string> {
  if (!opening) return '';
  if (currency !== undefined) return currency;
  const { account } = await services.ledger.getAccount(context, { accountId });
  return present(account, 'an account').currency;
}
