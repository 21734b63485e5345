import { access } from '@outlay/contracts';
import type { z } from 'zod';
import { defineRoute, type Route } from '../http/define-route.ts';
import { apiKeyExample, apiKeySchema, renderApiKey, replaceApiKeyBody, updateApiKeyBody } from '../schemas/api-key.ts';
import { idParams } from '../schemas/common.ts';

export const updateApiKey = changeBy(
  {
    operationId: 'updateApiKey',
    method: 'patch',
    summary: 'Change name or scopes of an API key',
    description: 'What is left out stays. Other scopes count within a minute.',
  },
  updateApiKeyBody,
  { scopes: ['expenses:read'] },
);

/** The same with all of it. */
export const replaceApiKey = changeBy(
  {
    operationId: 'replaceApiKey',
    method: 'put',
    summary: 'Replace name and scopes of an API key',
    description: 'All that can be changed of it. Other scopes count within a minute.',
  },
  replaceApiKeyBody,
  { name: apiKeyExample.name, scopes: ['expenses:read'] },
);

function changeBy(
  form: Pick<Route, 'operationId' | 'method' | 'summary' | 'description'>,
  body: typeof updateApiKeyBody | typeof replaceApiKeyBody,
  bodyExample: z.input<typeof updateApiKeyBody | typeof replaceApiKeyBody>,
) {
  return defineRoute({
    ...form,
    path: '/api-keys/{id}',
    tags: ['API keys'],
    access: access.identity.updateApiKey,
    ifMatch: true,
    notFound: 'api_key_not_found',
    request: { params: idParams, body, bodyExample },
    responses: {
      200: {
        description: 'The key as it is now.',
        schema: apiKeySchema,
        example: { ...apiKeyExample, scopes: ['expenses:read'], version: 2 },
        etag: true,
      },
    },
    errors: ['api_key_ended'],
    async handle({ context, params, body, ifMatch, services }) {
      const { apiKey, replayed } = await services.identity.updateApiKey(context, {
        apiKeyId: params.id,
        name: body.name,
        scopes: body.scopes ?? [],
        updateScopes: body.scopes !== undefined,
        version: ifMatch,
      });
      return { status: 200, body: renderApiKey(apiKey), version: apiKey?.version, replayed };
    },
  });
}
