import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { present } from '../schemas/common.ts';
import { renderTenantSecurity, tenantSecurityExample, tenantSecuritySchema } from '../schemas/sign-in.ts';

export const getTenantSecurity = defineRoute({
  operationId: 'getTenantSecurity',
  method: 'get',
  path: '/tenant/security',
  summary: 'Show how people sign in',
  description: 'How long a session lives from its last refresh.',
  tags: ['Security'],
  access: access.identity.getTenantSecurity,
  responses: {
    200: { description: 'As it is.', schema: tenantSecuritySchema, example: tenantSecurityExample, etag: true },
  },
  async handle({ context, services }) {
    const answer = await services.identity.getTenantSecurity(context, {});
    const security = present(answer.security, 'the security of a tenant');
    return { status: 200, body: renderTenantSecurity(security), version: security.version };
  },
});
