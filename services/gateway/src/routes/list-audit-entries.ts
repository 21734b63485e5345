import { access, ledgerAuditEntities } from '@outlay/contracts';
import { z } from 'zod';
import { defineRoute } from '../http/define-route.ts';
import { auditEntryExample, auditEntryPage, renderAuditEntry } from '../schemas/audit-entry.ts';
import {
  isNoPeriod,
  isPeriod,
  optionalText,
  pageQuery,
  paginationExample,
  periodQuery,
  renderPagination,
  toPageRequest,
  toPeriod,
} from '../schemas/common.ts';

const query = z
  .strictObject({
    entity: z.enum(ledgerAuditEntities).optional().meta({ description: 'What kind of thing was changed.' }),
    entity_id: optionalText(255).min(1).optional().meta({ description: 'Which one.' }),
    actor_id: optionalText(255).min(1).optional().meta({ description: 'Who changed it: a person or an API key.' }),
    ...periodQuery,
    ...pageQuery,
  })
  .refine(isPeriod, isNoPeriod);

export const listAuditEntries = defineRoute({
  operationId: 'listAuditEntries',
  method: 'get',
  path: '/audit-entries',
  summary: 'Read who changed what of the books',
  description:
    'Newest first: each change of expenses, categories, accounts, projects, imports and their mappings, exchange rates and ' +
    'what followed from a corrected one, and of the currency of the books; who made it, and how the thing was before and after. Nothing in it ever changes. All filters must hold.',
  tags: ['Security'],
  access: access.ledger.listAuditEntries,
  request: { query },
  responses: {
    200: {
      description: 'A page of entries.',
      schema: auditEntryPage,
      example: { data: [auditEntryExample], pagination: paginationExample },
    },
  },
  async handle({ context, query, services }) {
    const { entries, page } = await services.ledger.listAuditEntries(context, {
      entity: query.entity ?? '',
      entityId: query.entity_id ?? '',
      actorId: query.actor_id ?? '',
      ...toPeriod(query),
      page: toPageRequest(query),
    });
    return {
      status: 200,
      body: { data: entries.map(renderAuditEntry), pagination: renderPagination(page, query.limit) },
    };
  },
});
