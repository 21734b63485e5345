import { access } from '@outlay/contracts';
import { z } from 'zod';
import { defineRoute } from '../http/define-route.ts';
import { idParams, present } from '../schemas/common.ts';
import { renderTenant, tenantExample, tenantSchema } from '../schemas/tenant.ts';

export const changePlan = defineRoute({
  operationId: 'changePlan',
  method: 'put',
  path: '/admin/tenants/{id}/plan',
  summary: 'Move a tenant to another plan',
  description: 'Takes effect at once. What exceeds the new limits stays; nothing is added beyond them.',
  tags: ['Platform'],
  access: access.tenancy.changePlan,
  ifMatch: true,
  notFound: 'tenant_not_found',
  request: {
    params: idParams,
    body: z.strictObject({ plan: z.enum(['basic', 'professional']) }).meta({ id: 'PlanChange' }),
    bodyExample: { plan: 'professional' },
  },
  responses: {
    200: {
      description: 'The tenant as it is now.',
      schema: tenantSchema,
      example: { ...tenantExample, plan: 'professional', version: 2 },
      etag: true,
    },
  },
  errors: ['changed_meanwhile'],
  async handle({ context, params, body, ifMatch, services, rememberTenant }) {
    const answer = await services.tenancy.changePlan(context, {
      tenantId: params.id,
      plan: body.plan,
      version: ifMatch,
    });
    const tenant = present(answer.tenant, 'a tenant');
    // The first answer again tells how the tenant was then.
    if (!answer.replayed) rememberTenant(tenant);
    return { status: 200, body: renderTenant(tenant), version: tenant.version, replayed: answer.replayed };
  },
});
