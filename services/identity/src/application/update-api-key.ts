import { identity as contract, type Scope } from '@outlay/contracts';
import type { TenantContext } from '@outlay/platform';
import { updateApiKey } from '../store/api-keys.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { assertWorks, holdApiKey, recordKeyChange } from './manage-api-key.ts';
import { once } from './once.ts';

export interface UpdateApiKey {
  apiKeyId: string;
  /** Undefined: as it is. */
  name: string | undefined;
  scopes: Scope[] | undefined;
  /** What the caller has seen; undefined: any. */
  version: bigint | undefined;
}

/**
 * Changes name or scopes of a key. Scopes count for every token that the key is exchanged for from now on. Honours the
 * idempotency key. Throws what `holdApiKey` throws, conflict `api_key_ended`.
 */
export function createUpdateApiKey({ database, secrets, clock }: IdentityDependencies) {
  return async (context: TenantContext, command: UpdateApiKey): Promise<contract.UpdateApiKeyResponse> => {
    const asked = { operation: 'UpdateApiKey', request: command, codec: contract.UpdateApiKeyResponse };
    const { answer, replayed } = await database.withTenant(context, (session) =>
      once(secrets, session, context, asked, async () => {
        const now = clock();
        const key = await holdApiKey(session, context, { ...command, now });
        assertWorks(key, now);
        const { id } = key;
        const { name = key.name, scopes = key.scopes } = command;
        if (name === key.name && scopes.join() === key.scopes.join()) return { apiKey: key, replayed: false };
        await updateApiKey(session, context.tenantId, { id, name, scopes });
        await recordKeyChange(session, context, {
          kind: 'api_key.updated',
          id,
          before: { name: key.name, scopes: key.scopes },
          after: { name, scopes },
          details: { scopes, previous_scopes: key.scopes },
          at: now,
        });
        return { apiKey: { ...key, name, scopes, version: key.version + 1n }, replayed: false };
      }),
    );
    return { ...answer, replayed };
  };
}
