import { access } from '@outlay/contracts';
import type { z } from 'zod';
import { defineRoute, type Route } from '../http/define-route.ts';
import { present } from '../schemas/common.ts';
import { renderTenant, replaceTenantBody, tenantExample, tenantSchema, updateTenantBody } from '../schemas/tenant.ts';

export const updateTenant = changeBy(
  {
    operationId: 'updateTenant',
    method: 'patch',
    summary: 'Change name and settings',
    description: 'What is left out stays. The currency can change only while nothing is booked.',
  },
  updateTenantBody,
  { name: 'Acme', settings: { timezone: 'Europe/Berlin' } },
);

/** The same with all of it. */
export const replaceTenant = changeBy(
  {
    operationId: 'replaceTenant',
    method: 'put',
    summary: 'Replace name and settings',
    description: 'All that can be changed of it. The currency can change only while nothing is booked.',
  },
  replaceTenantBody,
  { name: tenantExample.name, settings: tenantExample.settings },
);

function changeBy(
  form: Pick<Route, 'operationId' | 'method' | 'summary' | 'description'>,
  body: typeof updateTenantBody | typeof replaceTenantBody,
  bodyExample: z.input<typeof updateTenantBody | typeof replaceTenantBody>,
) {
  return defineRoute({
    ...form,
    path: '/tenant',
    tags: ['Tenant'],
    access: access.tenancy.updateTenant,
    ifMatch: true,
    request: { body, bodyExample },
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
      // The first answer again tells how the tenant was then.
      if (!answer.replayed) rememberTenant(tenant);
      return { status: 200, body: renderTenant(tenant), version: tenant.version, replayed: answer.replayed };
    },
  });
}
