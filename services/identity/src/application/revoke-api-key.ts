import { identity as contract } from '@outlay/contracts';
import type { TenantContext } from '@outlay/platform';
import { markApiKeyRevoked } from '../store/api-keys.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { holdApiKey, recordKeyChange } from './manage-api-key.ts';
import { once } from './once.ts';

/**
 * Ends a key at once: neither its secrets nor the tokens it was exchanged for count any more. Repeating it is fine.
 * Honours the idempotency key. Throws what `holdApiKey` throws.
 */
export function createRevokeApiKey({ database, secrets, revocations, clock }: IdentityDependencies) {
  return async (
    context: TenantContext,
    command: { apiKeyId: string; version: bigint | undefined },
  ): Promise<contract.RevokeApiKeyResponse> => {
    const asked = { operation: 'RevokeApiKey', request: command, codec: contract.RevokeApiKeyResponse };
    const { answer, replayed } = await database.withTenant(context, (session) =>
      once(secrets, session, context, asked, async () => {
        const at = clock();
        const key = await holdApiKey(session, context, { ...command, now: at });
        if (key.revokedAt) return { apiKey: key, replayed: false };
        const { id } = key;
        await markApiKeyRevoked(session, context.tenantId, { id, at });
        await recordKeyChange(session, context, { kind: 'api_key.revoked', id, at });
        const apiKey = { ...key, revokedAt: at, overlapEndsAt: undefined, version: key.version + 1n };
        return { apiKey, replayed: false };
      }),
    );
    await revocations.add([command.apiKeyId]);
    return { ...answer, replayed };
  };
}
