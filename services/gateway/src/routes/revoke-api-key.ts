import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { apiKeyExample, revokedApiKeySchema } from '../schemas/api-key.ts';
import { idParams, present, renderInstant } from '../schemas/common.ts';

export const revokeApiKey = defineRoute({
  operationId: 'revokeApiKey',
  method: 'delete',
  path: '/api-keys/{id}',
  summary: 'End an API key at once',
  description: 'Requests with it are refused within a second, at every gateway. It cannot be undone.',
  tags: ['API keys'],
  access: access.identity.revokeApiKey,
  ifMatch: true,
  notFound: 'api_key_not_found',
  request: { params: idParams },
  responses: {
    200: {
      description: 'It works no more, whoever has its secret.',
      schema: revokedApiKeySchema,
      example: { id: apiKeyExample.id, revoked_at: '2025-01-16T09:00:00.000Z' },
    },
  },
  async handle({ context, params, ifMatch, services, closeSession }) {
    const { apiKey, replayed } = await services.identity.revokeApiKey(context, {
      apiKeyId: params.id,
      version: ifMatch,
    });
    const { id, revokedAt } = present(apiKey, 'an API key');
    closeSession(id);
    return { status: 200, body: { id, revoked_at: renderInstant(revokedAt) }, replayed };
  },
});
