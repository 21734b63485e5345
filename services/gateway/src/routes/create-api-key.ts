import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { apiKeyWithSecretExample, apiKeyWithSecretSchema, createApiKeyBody, renderApiKey } from '../schemas/api-key.ts';

export const createApiKey = defineRoute({
  operationId: 'createApiKey',
  method: 'post',
  path: '/api-keys',
  summary: 'Make an API key',
  description: 'For a machine. The secret is in this answer and nowhere else.',
  tags: ['API keys'],
  access: access.identity.createApiKey,
  request: {
    body: createApiKeyBody,
    bodyExample: { name: apiKeyWithSecretExample.name, scopes: ['expenses:read', 'expenses:write'] },
  },
  responses: {
    201: {
      description: 'The key works.',
      schema: apiKeyWithSecretSchema,
      example: apiKeyWithSecretExample,
      etag: true,
      location: true,
    },
  },
  errors: ['too_many_api_keys'],
  async handle({ context, body, services }) {
    const { apiKey, secret, replayed } = await services.identity.createApiKey(context, {
      name: body.name,
      scopes: body.scopes,
      expiresAt: body.expires_at === undefined ? undefined : new Date(body.expires_at),
    });
    return {
      status: 201,
      body: { ...renderApiKey(apiKey), secret },
      version: apiKey?.version,
      location: `/api/v1/api-keys/${apiKey?.id}`,
      replayed,
    };
  },
});
