import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { loginBody, renderSession, sessionExample, sessionSchema } from '../schemas/session.ts';

export const logIn = defineRoute({
  operationId: 'logIn',
  method: 'post',
  path: '/auth/login',
  summary: 'Log in',
  description:
    'Opens a session in one tenant. A person of several tenants names one with `X-Tenant-Id` (its id or subdomain), or ' +
    'calls under its subdomain; otherwise the answer is 409 `tenant_required` with the list. Unknown people and wrong ' +
    'passwords get the same answer.',
  tags: ['Sign-in'],
  access: access.identity.login,
  selectsTenant: true,
  request: {
    body: loginBody,
    bodyExample: { email: 'mara@acme.example', password: 'Password123' },
  },
  responses: { 200: { description: 'A session is open.', schema: sessionSchema, example: sessionExample } },
  errors: ['invalid_credentials', 'second_factor_required', 'tenant_not_found', 'tenant_required', 'too_many_attempts'],
  async handle({ context, body, clientAddress, selectedTenant, services }) {
    const tenant = await selectedTenant();
    const opened = await services.identity.login(context, {
      email: body.email,
      password: body.password,
      tenantId: tenant?.id ?? '',
      clientAddress,
      code: body.code ?? '',
    });
    return { status: 200, body: renderSession(opened), replayed: opened.replayed };
  },
});
