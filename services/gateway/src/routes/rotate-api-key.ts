import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { apiKeyWithSecretExample, apiKeyWithSecretSchema, renderApiKey, rotateApiKeyBody } from '../schemas/api-key.ts';
import { idParams } from '../schemas/common.ts';

export const rotateApiKey = defineRoute({
  operationId: 'rotateApiKey',
  method: 'post',
  path: '/api-keys/{id}/rotate',
  summary: 'Give an API key another secret',
  description:
    'The secret before works on for a day, or for as long as you say, so that machines can be told one after the ' +
    'other; without an overlap it is refused within a minute. To end a key at once, revoke it.',
  tags: ['API keys'],
  access: access.identity.rotateApiKey,
  ifMatch: true,
  notFound: 'api_key_not_found',
  request: {
    params: idParams,
    body: rotateApiKeyBody,
    bodyExample: { overlap_seconds: 3600 },
    bodyOptional: true,
  },
  responses: {
    200: {
      description: 'The key with its new secret.',
      schema: apiKeyWithSecretSchema,
      example: { ...apiKeyWithSecretExample, overlap_ends_at: '2025-01-12T09:00:00.000Z', version: 2 },
      etag: true,
    },
  },
  errors: ['api_key_ended'],
  async handle({ context, params, body, ifMatch, services }) {
    const { apiKey, secret, replayed } = await services.identity.rotateApiKey(context, {
      apiKeyId: params.id,
      overlapSeconds: body.overlap_seconds,
      version: ifMatch,
    });
    return { status: 200, body: { ...renderApiKey(apiKey), secret }, version: apiKey?.version, replayed };
  },
});
