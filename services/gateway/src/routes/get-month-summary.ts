import { z } from 'zod';
import { defineRoute } from '../http/define-route.ts';
import { monthSummaryExample, monthSummarySchema, renderMonthSummary } from '../schemas/month-summary.ts';

export const getMonthSummary = defineRoute({
  operationId: 'getMonthSummary',
  method: 'get',
  path: '/stats/summary',
  summary: 'Show what a month came to',
  description:
    'By category, project and account, net of refunds. An expense shows here within a second of being booked.',
  tags: ['Reports'],
  auth: 'tenant',
  roles: ['owner', 'admin', 'analyst'],
  request: {
    query: z.strictObject({
      month: z
        .string()
        .regex(/^(?:19|20|21)\d{2}-(?:0[1-9]|1[0-2])$/, 'must be a month as YYYY-MM')
        .meta({ description: 'YYYY-MM.', examples: ['2025-01'] }),
    }),
  },
  responses: {
    200: { description: 'The figures of the month.', schema: monthSummarySchema, example: monthSummaryExample },
  },
  async handle({ context, query, services }) {
    const summary = await services.reporting.getMonthSummary(context, { month: query.month });
    return { status: 200, body: renderMonthSummary(summary) };
  },
});
