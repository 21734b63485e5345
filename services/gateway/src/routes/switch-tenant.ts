import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { renderSession, sessionExample, sessionSchema } from '../schemas/session.ts';
import { switchTenantBody } from '../schemas/sign-in.ts';

export const switchTenant = defineRoute({
  operationId: 'switchTenant',
  method: 'post',
  path: '/auth/switch-tenant',
  summary: 'Open a session in another tenant',
  description:
    'In another one that you belong to, without a password. The present session stays open; logging out of either closes both.',
  tags: ['Sign-in'],
  access: access.identity.switchTenant,
  request: { body: switchTenantBody, bodyExample: { tenant_id: 'acme' } },
  responses: { 200: { description: 'A session is open.', schema: sessionSchema, example: sessionExample } },
  errors: ['tenant_not_found', 'already_there'],
  async handle({ context, body, services }) {
    const opened = await services.identity.switchTenant(context, { tenantId: body.tenant_id.trim() });
    return { status: 200, body: renderSession(opened), replayed: opened.replayed };
  },
});
