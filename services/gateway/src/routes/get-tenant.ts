import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { renderTenant, tenantExample, tenantSchema } from '../schemas/tenant.ts';

export const getTenant = defineRoute({
  operationId: 'getTenant',
  method: 'get',
  path: '/tenant',
  summary: 'Show the tenant',
  description: 'The tenant that the token is for, with its settings. The `ETag` goes into `If-Match` of a change.',
  tags: ['Tenant'],
  access: access.tenancy.getTenant,
  responses: { 200: { description: 'The tenant.', schema: tenantSchema, example: tenantExample, etag: true } },
  async handle({ context, services }) {
    const { tenant } = await services.tenancy.getTenant(context, { tenantId: context.tenantId });
    return { status: 200, body: renderTenant(tenant), version: tenant?.version };
  },
});
