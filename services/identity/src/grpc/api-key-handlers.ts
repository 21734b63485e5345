import { parseInput, parsePage, toPage } from '@outlay/platform';
import type { Identity } from '../application/identity.ts';
import {
  apiKeyIdSchema,
  apiKeyPosition,
  createApiKeySchema,
  rotateApiKeySchema,
  updateApiKeySchema,
} from './api-key-schemas.ts';
import type { IdentityHandlers } from './identity-handlers.ts';

type Rpc =
  | 'createApiKey'
  | 'listApiKeys'
  | 'getApiKey'
  | 'updateApiKey'
  | 'rotateApiKey'
  | 'revokeApiKey'
  | 'exchangeApiKey';

/** Keys for machines: making and ending them, and letting their holders in. */
export function apiKeyHandlers(identity: Identity): Pick<IdentityHandlers, Rpc> {
  return {
    async createApiKey(context, request) {
      const {
        name,
        scopes,
        expires_at: expiresAt,
      } = parseInput(createApiKeySchema, {
        name: request.name,
        scopes: request.scopes,
        expires_at: request.expiresAt,
      });
      return identity.createApiKey(context, { name, scopes, expiresAt });
    },

    async listApiKeys(context, request) {
      const { limit, after } = parsePage(request.page, apiKeyPosition);
      const found = await identity.listApiKeys(context, { after: after?.id, count: limit + 1 });
      const { entries, page } = toPage(found, limit, ({ id }) => ({ id }));
      return { apiKeys: entries, page };
    },

    async getApiKey(context, request) {
      const { api_key_id: apiKeyId } = parseInput(apiKeyIdSchema, { api_key_id: request.apiKeyId });
      return { apiKey: await identity.getApiKey(context, { apiKeyId }) };
    },

    async updateApiKey(context, request) {
      const {
        api_key_id: apiKeyId,
        name,
        scopes,
      } = parseInput(updateApiKeySchema, {
        api_key_id: request.apiKeyId,
        name: request.name,
        scopes: request.updateScopes ? request.scopes : undefined,
      });
      return identity.updateApiKey(context, { apiKeyId, name, scopes, version: request.version });
    },

    async rotateApiKey(context, request) {
      const { api_key_id: apiKeyId, overlap_seconds: overlapSeconds } = parseInput(rotateApiKeySchema, {
        api_key_id: request.apiKeyId,
        overlap_seconds: request.overlapSeconds,
      });
      return identity.rotateApiKey(context, { apiKeyId, overlapSeconds, version: request.version });
    },

    async revokeApiKey(context, request) {
      const { api_key_id: apiKeyId } = parseInput(apiKeyIdSchema, { api_key_id: request.apiKeyId });
      return identity.revokeApiKey(context, { apiKeyId, version: request.version });
    },

    async exchangeApiKey(context, { secret }) {
      const { token, expiresInSeconds } = await identity.exchangeApiKey(context, { secret });
      return { accessToken: token, expiresInSeconds };
    },
  };
}
