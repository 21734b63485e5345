import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { renderUsage, usageExample, usageList } from '../schemas/usage.ts';

export const getUsage = defineRoute({
  operationId: 'getUsage',
  method: 'get',
  path: '/usage',
  summary: 'How much of the plan is used',
  description:
    'Projects and accounts that are not archived, and expenses that are posted, as they stood some seconds ago at the most. ' +
    'What is refused or warned of is decided by exact counts all the same. A metric by project, `expenses_per_project`, has one ' +
    'entry, for the project that has most; others have as many at most.',
  tags: ['Tenant'],
  access: access.tenancy.getUsage,
  responses: { 200: { description: 'One entry for each metric.', schema: usageList, example: { data: usageExample } } },
  async handle({ context, services }) {
    const { usage } = await services.tenancy.getUsage(context, {});
    return { status: 200, body: { data: usage.map(renderUsage) } };
  },
});
