import { type CallerContext, toTenantId, unauthenticated } from '@outlay/platform';
import { exchangedTokenMs, hashApiKeySecret } from '../domain/api-key.ts';
import type { AccessToken } from '../security/access-token.ts';
import { findBySecret, noteApiKeyUse } from '../store/api-keys.ts';
import type { IdentityDependencies } from './dependencies.ts';

const minuteMs = 60_000;

/**
 * A token of at most five minutes for the holder of an API key: it says which key, which tenant, what it may, and
 * counts as an admin's within that. Notes that the key was used, to the minute. Throws unauthenticated `api_key_invalid`
 * alike for a secret that nobody has, that was replaced, and for a key that was revoked or has expired; rate_limited
 * in its place for an address with too many of those, which holds up no good key; unavailable `overloaded` where more keys
 * come at once than can be looked up.
 */
export function createExchangeApiKey({
  database,
  issueAccessToken,
  keyThrottle,
  keyTurns,
  clock,
}: IdentityDependencies) {
  async function exchange(context: CallerContext, command: { secret: string }): Promise<AccessToken> {
    const now = clock();
    const secretHash = hashApiKeySecret(command.secret);
    const key = secretHash && (await findBySecret(database, { secretHash, now }));
    const endsAt = new Date(
      Math.min(now.getTime() + exchangedTokenMs, key?.endsAt?.getTime() ?? Number.POSITIVE_INFINITY),
    );
    // What ends within the second would make a token that lives for none.
    if (!key || endsAt.getTime() - now.getTime() < 1_000) {
      await keyThrottle.recordFailure(context.client?.address ?? '');
      throw unauthenticated('api_key_invalid', 'The API key is not valid');
    }
    const tenantId = toTenantId(key.tenantId);
    const minute = new Date(Math.floor(now.getTime() / minuteMs) * minuteMs);
    if (!key.lastUsedAt || key.lastUsedAt < minute) {
      await database.withTenant({ tenantId }, (session) =>
        noteApiKeyUse(session, tenantId, { id: key.id, at: minute }),
      );
    }
    return issueAccessToken({
      kind: 'api_key',
      sub: key.id,
      sid: key.id,
      tid: tenantId,
      role: 'admin',
      scp: key.scopes,
      authenticatedAt: now,
      endsAt,
    });
  }

  return (context: CallerContext, command: { secret: string }): Promise<AccessToken> =>
    keyTurns.inTurn(() => exchange(context, command));
}
