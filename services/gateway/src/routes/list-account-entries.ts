import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import {
  accountEntriesQuery,
  accountEntryPage,
  accountEntryPageExample,
  ofOneInstant,
  renderAccountEntries,
} from '../schemas/books.ts';
import { idParams, toPageRequest } from '../schemas/common.ts';

export const listAccountEntries = defineRoute({
  operationId: 'listAccountEntries',
  method: 'get',
  path: '/ledger/accounts/{id}/entries',
  summary: 'List what was posted to an account of the books',
  description:
    'The general ledger: by effective date, then in the order of recording, each with the balance after it. The id is that of ' +
    'a category, an account, or one of the four that every tenant has. ' +
    ofOneInstant,
  tags: ['Reports'],
  access: access.ledger.listAccountEntries,
  notFound: 'ledger_account_not_found',
  errors: ['books_not_settled'],
  request: { params: idParams, query: accountEntriesQuery },
  responses: {
    200: { description: 'A page of entries.', schema: accountEntryPage, example: accountEntryPageExample },
  },
  async handle({ context, params, query, services }) {
    const found = await services.ledger.listAccountEntries(context, {
      ledgerAccountId: params.id,
      dateFrom: query.date_from ?? '',
      dateTo: query.date_to ?? '',
      knownAsOf: query.known_as_of ?? '',
      page: toPageRequest(query),
    });
    return { status: 200, body: renderAccountEntries(found, query.limit) };
  },
});
