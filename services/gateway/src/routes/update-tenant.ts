import { defineRoute } from '../http/define-route.ts';
import { present } from '../schemas/common.ts';
import { renderTenant, tenantExample, tenantSchema, updateTenantBody } from '../schemas/tenant.ts';

export const updateTenant = defineRoute({
  operationId: 'updateTenant',
  method: 'patch',
  path: '/tenant',
  summary: 'Change name and settings',
  description: 'What is left away stays. The currency can change only while nothing is booked.',
  tags: ['Tenant'],
  auth: 'tenant',
  roles: ['owner', 'admin'],
  ifMatch: true,
  request: { body: updateTenantBody, bodyExample: { name: 'Acme', settings: { timezone: 'Europe/Berlin' } } },
  responses: {
    200: { description: 'The tenant as it is now.', schema: tenantSchema, example: tenantExample, etag: true },
  },
  errors: ['currency_fixed', 'changed_meanwhile'],
  async handle({ context, body, ifMatch, services, rememberTenant }) {
    const answer = await services.tenancy.updateTenant(context, {
      name: body.name,
      currency: body.settings?.currency,
      timezone: body.settings?.timezone,
      dateFormat: body.settings?.date_format,
      version: ifMatch,
    });
    const tenant = present(answer.tenant, 'a tenant');
    rememberTenant(tenant);
    return { status: 200, body: renderTenant(tenant), version: tenant.version };
  },
});
