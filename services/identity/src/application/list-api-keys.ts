import type { TenantContext } from '@outlay/platform';
import type { ApiKey } from '../domain/api-key.ts';
import { findApiKey, listApiKeys } from '../store/api-keys.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { apiKeyNotFound } from './manage-api-key.ts';

/** The keys of the tenant, newest first, at most `count`, behind the one with the id `after`; never a secret. */
export function createListApiKeys({ database, clock }: IdentityDependencies) {
  return (context: TenantContext, query: { after: string | undefined; count: number }): Promise<ApiKey[]> => {
    const list = { after: query.after, limit: query.count, now: clock() };
    return database.withTenant(context, (session) => listApiKeys(session, context.tenantId, list), { readOnly: true });
  };
}

/** A key of the tenant. Throws not_found `api_key_not_found`. */
export function createGetApiKey({ database, clock }: IdentityDependencies) {
  return async (context: TenantContext, query: { apiKeyId: string }): Promise<ApiKey> => {
    const wanted = { id: query.apiKeyId, now: clock() };
    const read = database.withTenant(context, (session) => findApiKey(session, context.tenantId, wanted), {
      readOnly: true,
    });
    return (await read) ?? apiKeyNotFound();
  };
}
