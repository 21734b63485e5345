import { defineRoute } from '../http/define-route.ts';
import { planExample, planList, renderPlan } from '../schemas/plan.ts';

export const listPlans = defineRoute({
  operationId: 'listPlans',
  method: 'get',
  path: '/plans',
  summary: 'List the plans on offer',
  tags: ['Plans'],
  auth: 'public',
  responses: { 200: { description: 'All of them.', schema: planList, example: { data: [planExample] } } },
  async handle({ context, services }) {
    const { plans } = await services.tenancy.listPlans(context, {});
    return { status: 200, body: { data: plans.map(renderPlan) } };
  },
});
