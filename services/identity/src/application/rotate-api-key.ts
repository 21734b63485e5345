import { identity as contract } from '@outlay/contracts';
import type { TenantContext } from '@outlay/platform';
import { prefixOf } from '../domain/api-key.ts';
import { replaceSecret } from '../store/api-keys.ts';
import { newSecret } from './create-api-key.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { assertWorks, holdApiKey, recordKeyChange } from './manage-api-key.ts';
import { once } from './once.ts';

/**
 * Gives a key another secret, which is answered here alone; the same idempotency key is given it again. The one before
 * works on for the overlap, so that machines can be told one after the other; one from before that ends. Throws what
 * `holdApiKey` throws, conflict `api_key_ended`.
 */
export function createRotateApiKey({ database, secrets, clock }: IdentityDependencies) {
  return async (
    context: TenantContext,
    command: { apiKeyId: string; overlapSeconds: number; version: bigint | undefined },
  ): Promise<contract.RotateApiKeyResponse> => {
    const { tenantId } = context;
    const asked = { operation: 'RotateApiKey', request: command, codec: contract.RotateApiKeyResponse };
    const { answer, replayed } = await database.withTenant(context, (session) =>
      once(secrets, session, context, asked, async () => {
        const at = clock();
        const key = await holdApiKey(session, context, { ...command, now: at });
        assertWorks(key, at);
        const { secret, secretHash } = newSecret();
        const prefix = prefixOf(secret);
        const { id } = key;
        const formerEndsAt = new Date(at.getTime() + command.overlapSeconds * 1000);
        await replaceSecret(session, tenantId, { id, secretHash, prefix, at, formerEndsAt });
        await recordKeyChange(session, context, {
          kind: 'api_key.rotated',
          id,
          details: { overlap_seconds: command.overlapSeconds },
          at,
        });
        const overlapEndsAt = formerEndsAt > at ? formerEndsAt : undefined;
        return { apiKey: { ...key, prefix, overlapEndsAt, version: key.version + 1n }, secret, replayed: false };
      }),
    );
    return { ...answer, replayed };
  };
}
