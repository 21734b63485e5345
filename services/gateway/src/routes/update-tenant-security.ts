import { access } from '@outlay/contracts';
import type { z } from 'zod';
import { defineRoute, type Route } from '../http/define-route.ts';
import { present } from '../schemas/common.ts';
import {
  renderTenantSecurity,
  replaceTenantSecurityBody,
  tenantSecurityExample,
  tenantSecuritySchema,
  updateTenantSecurityBody,
} from '../schemas/sign-in.ts';

export const updateTenantSecurity = changeBy(
  {
    operationId: 'updateTenantSecurity',
    method: 'patch',
    summary: 'Change how people sign in',
    description: 'Sessions that are open follow: shortened, they end the sooner.',
  },
  updateTenantSecurityBody,
  { session_hours: 24 },
);

/** The same with all of it. */
export const replaceTenantSecurity = changeBy(
  {
    operationId: 'replaceTenantSecurity',
    method: 'put',
    summary: 'Replace how people sign in',
    description: 'Sessions that are open follow: shortened, they end the sooner.',
  },
  replaceTenantSecurityBody,
  { session_hours: 24 },
);

function changeBy(
  form: Pick<Route, 'operationId' | 'method' | 'summary' | 'description'>,
  body: typeof updateTenantSecurityBody | typeof replaceTenantSecurityBody,
  bodyExample: z.input<typeof updateTenantSecurityBody | typeof replaceTenantSecurityBody>,
) {
  return defineRoute({
    ...form,
    path: '/tenant/security',
    tags: ['Security'],
    access: access.identity.updateTenantSecurity,
    ifMatch: true,
    request: { body, bodyExample },
    responses: {
      200: {
        description: 'As it is now.',
        schema: tenantSecuritySchema,
        example: { ...tenantSecurityExample, session_hours: 24, version: 2 },
        etag: true,
      },
    },
    async handle({ context, body, ifMatch, services }) {
      const answer = await services.identity.updateTenantSecurity(context, {
        sessionHours: body.session_hours,
        version: ifMatch,
      });
      const security = present(answer.security, 'the security of a tenant');
      return {
        status: 200,
        body: renderTenantSecurity(security),
        version: security.version,
        replayed: answer.replayed,
      };
    },
  });
}
