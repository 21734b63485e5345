import { access } from '@outlay/contracts';
import { z } from 'zod';
import { defineRoute } from '../http/define-route.ts';
import { pageQuery, paginationExample, renderPagination, toPageRequest } from '../schemas/common.ts';
import { renderRestatement, restatementExample, restatementPage } from '../schemas/exchange-rate.ts';

export const listRestatements = defineRoute({
  operationId: 'listRestatements',
  method: 'get',
  path: '/exchange-rates/restatements',
  summary: 'List what followed from corrections of rates',
  description:
    'One for each correction that something booked may depend on, the newest first, and how far it has come. ' +
    'Expenses that could not be booked at the corrected rate are counted and named.',
  tags: ['Exchange rates'],
  access: access.ledger.listRestatements,
  request: { query: z.strictObject(pageQuery) },
  responses: {
    200: {
      description: 'A page of restatements.',
      schema: restatementPage,
      example: { data: [restatementExample], pagination: paginationExample },
    },
  },
  async handle({ context, query, services }) {
    const { restatements, page } = await services.ledger.listRestatements(context, { page: toPageRequest(query) });
    const data = restatements.map(renderRestatement);
    return { status: 200, body: { data, pagination: renderPagination(page, query.limit) } };
  },
});
