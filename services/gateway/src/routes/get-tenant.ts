import { defineRoute } from '../http/define-route.ts';
import { renderTenant, tenantExample, tenantSchema } from '../schemas/tenant.ts';

export const getTenant = defineRoute({
  operationId: 'getTenant',
  method: 'get',
  path: '/tenant',
  summary: 'Show the tenant',
  tags: ['Tenant'],
  auth: 'tenant',
  responses: { 200: { description: 'The tenant.', schema: tenantSchema, example: tenantExample, etag: true } },
  async handle({ context, services }) {
    const { tenant } = await services.tenancy.getTenant(context, { tenantId: context.tenantId });
    return { status: 200, body: renderTenant(tenant), version: tenant?.version };
  },
});
