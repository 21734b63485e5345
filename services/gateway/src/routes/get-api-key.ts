import { access } from '@outlay/contracts';
import { defineRoute } from '../http/define-route.ts';
import { apiKeyExample, apiKeySchema, renderApiKey } from '../schemas/api-key.ts';
import { idParams } from '../schemas/common.ts';

export const getApiKey = defineRoute({
  operationId: 'getApiKey',
  method: 'get',
  path: '/api-keys/{id}',
  summary: 'Show an API key',
  description:
    'What the key may do, until when, and when it was last used. Its secret was answered once, when it was made.',
  tags: ['API keys'],
  access: access.identity.getApiKey,
  notFound: 'api_key_not_found',
  request: { params: idParams },
  responses: {
    200: {
      description: 'The key, without its secret.',
      schema: apiKeySchema,
      example: apiKeyExample,
      // Using a key changes what is shown of it and not its version.
      etag: 'for_changes',
    },
  },
  async handle({ context, params, services }) {
    const { apiKey } = await services.identity.getApiKey(context, { apiKeyId: params.id });
    return { status: 200, body: renderApiKey(apiKey), version: apiKey?.version };
  },
});
