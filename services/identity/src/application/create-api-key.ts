import { identity as contract, type Scope } from '@outlay/contracts';
import { conflict, newId, type TenantContext } from '@outlay/platform';
import { type ApiKey, activeKeysMax, hashApiKeySecret, newApiKeySecret, prefixOf } from '../domain/api-key.ts';
import { countActiveKeys, insertApiKey } from '../store/api-keys.ts';
import type { IdentityDependencies } from './dependencies.ts';
import { assertFuture, recordKeyChange } from './manage-api-key.ts';
import { assertStill } from './manage-member.ts';
import { once } from './once.ts';
import { holdTenant } from './seats.ts';

export interface CreateApiKey {
  name: string;
  scopes: Scope[];
  /** Undefined: never. */
  expiresAt: Date | undefined;
}

/**
 * Makes a key for a machine, which stays when the person who made it goes. The secret is answered here alone; the same
 * idempotency key is given it again. Throws forbidden `role_required`, invalid `not_in_future`, conflict
 * `too_many_api_keys`.
 */
export function createCreateApiKey({ database, secrets, clock }: IdentityDependencies) {
  return async (context: TenantContext, command: CreateApiKey): Promise<contract.CreateApiKeyResponse> => {
    const { tenantId, actor } = context;
    const asked = { operation: 'CreateApiKey', request: command, codec: contract.CreateApiKeyResponse };
    const { answer, replayed } = await database.withTenant(context, (session) =>
      once(secrets, session, context, asked, async () => {
        const now = clock();
        // Held, so that the keys that are made at once are counted one after the other.
        await holdTenant(session, tenantId);
        await assertStill(session, context, ['owner', 'admin']);
        assertFuture(command.expiresAt, now);
        if ((await countActiveKeys(session, tenantId, now)) >= activeKeysMax) {
          throw conflict('too_many_api_keys', `There may be ${activeKeysMax} API keys; revoke one first`);
        }
        const { secret, secretHash } = newSecret();
        const apiKey: ApiKey = {
          ...command,
          id: newId(),
          prefix: prefixOf(secret),
          createdBy: actor.id,
          createdAt: now,
          lastUsedAt: undefined,
          revokedAt: undefined,
          overlapEndsAt: undefined,
          version: 1n,
        };
        await insertApiKey(session, tenantId, apiKey, secretHash);
        const { id, name, scopes, expiresAt } = apiKey;
        await recordKeyChange(session, context, {
          kind: 'api_key.created',
          id,
          after: { name, scopes, expires_at: expiresAt },
          details: { scopes, ...(expiresAt && { expires_at: expiresAt.toISOString() }) },
          at: now,
        });
        return { apiKey, secret, replayed: false };
      }),
    );
    return { ...answer, replayed };
  };
}

/** A secret with what is kept of it. */
export function newSecret(): { secret: string; secretHash: Buffer } {
  const secret = newApiKeySecret();
  const secretHash = hashApiKeySecret(secret);
  if (!secretHash) throw new Error('A secret of our own making is not one');
  return { secret, secretHash };
}
