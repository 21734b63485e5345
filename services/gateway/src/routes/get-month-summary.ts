import { access } from '@outlay/contracts';
import { z } from 'zod';
import { defineRoute } from '../http/define-route.ts';
import { monthSummaryExample, monthSummarySchema, renderMonthSummary } from '../schemas/month-summary.ts';

export const getMonthSummary = defineRoute({
  operationId: 'getMonthSummary',
  method: 'get',
  path: '/stats/summary',
  summary: 'Show what a month came to',
  description:
    'By category, project and account, net of refunds, of the whole tenant or of one person; members see their own. An expense shows here within a second of being booked.',
  tags: ['Reports'],
  access: access.reporting.getMonthSummary,
  request: {
    query: z.strictObject({
      month: z
        .string()
        .regex(/^(?:19|20|21)\d{2}-(?:0[1-9]|1[0-2])$/, 'must be a month as YYYY-MM')
        .meta({ description: 'YYYY-MM.', examples: ['2025-01'] }),
      user_id: z.uuid().optional().meta({ description: 'Only what this person spent.' }),
    }),
  },
  responses: {
    200: { description: 'The figures of the month.', schema: monthSummarySchema, example: monthSummaryExample },
  },
  errors: ['tenant_unknown', 'rebuild_under_way'],
  async handle({ context, query, services }) {
    const summary = await services.reporting.getMonthSummary(context, {
      month: query.month,
      userId: query.user_id ?? '',
    });
    return { status: 200, body: renderMonthSummary(summary) };
  },
});
