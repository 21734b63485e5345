import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { refreshBody, renderSession, sessionExample, sessionSchema } from '../schemas/session.ts';

export const refreshSession = defineRoute({
  operationId: 'refreshSession',
  method: 'post',
  path: '/auth/refresh',
  summary: 'Exchange a refresh token for a new session',
  description:
    'Each refresh token is good once. For ten seconds it answers the same successor again, for clients that lost the ' +
    'answer; after that its use counts as theft and closes the session. With an `Idempotency-Key` the first answer is given ' +
    'again for two days. Where `X-Tenant-Id` or the subdomain name a tenant, the session must be in it.',
  tags: ['Sign-in'],
  access: access.identity.refreshSession,
  selectsTenant: true,
  request: { body: refreshBody, bodyExample: { refresh_token: sessionExample.refresh_token } },
  responses: { 200: { description: 'New tokens.', schema: sessionSchema, example: sessionExample } },
  errors: ['refresh_token_invalid', 'tenant_mismatch', 'tenant_not_found'],
  async handle({ context, body, selectedTenant, services }) {
    const tenant = await selectedTenant();
    const renewed = await services.identity.refreshSession(context, {
      refreshToken: body.refresh_token,
      tenantId: tenant?.id ?? '',
    });
    return { status: 200, body: renderSession(renewed), replayed: renewed.replayed };
  },
});
