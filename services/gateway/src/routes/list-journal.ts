import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { pageQueryOnly, toPageRequest } from '../schemas/common.ts';
import { journalPageExample, journalPageSchema, renderJournalPage } from '../schemas/journal.ts';

export const listJournal = defineRoute({
  operationId: 'listJournal',
  method: 'get',
  path: '/ledger/journal',
  summary: 'List the journal with its seals',
  description:
    'All that is needed to check the books elsewhere: the seals with their entries in the order of the chain, then what has ' +
    'no seal. Amounts are in minor units, as they are hashed, and nowhere else. Pages may be short, or empty, before the ' +
    'last one. `scripts/verify-journal.mjs` fetches and checks it.',
  tags: ['Reports'],
  access: access.ledger.listJournal,
  request: { query: pageQueryOnly },
  responses: {
    200: { description: 'A page of the journal.', schema: journalPageSchema, example: journalPageExample },
  },
  async handle({ context, query, services }) {
    const page = await services.ledger.listJournal(context, { page: toPageRequest(query) });
    return { status: 200, body: renderJournalPage(page, context.tenantId, query.limit) };
  },
});
