import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { pageQueryOnly, paginationExample, renderPagination, toPageRequest } from '../schemas/common.ts';
import { planExample, planPage, renderPlan } from '../schemas/plan.ts';

export const listPlans = defineRoute({
  operationId: 'listPlans',
  method: 'get',
  path: '/plans',
  summary: 'List the plans on offer',
  description:
    'What each plan costs and allows. A limit is hard (refused beyond it) or soft (let through, with a warning).',
  tags: ['Plans'],
  access: access.tenancy.listPlans,
  request: { query: pageQueryOnly },
  responses: {
    200: {
      description: 'A page of them, from the smallest to the largest.',
      schema: planPage,
      example: { data: [planExample], pagination: paginationExample },
    },
  },
  async handle({ context, query, services }) {
    const { plans, page } = await services.tenancy.listPlans(context, { page: toPageRequest(query) });
    return { status: 200, body: { data: plans.map(renderPlan), pagination: renderPagination(page, query.limit) } };
  },
});
