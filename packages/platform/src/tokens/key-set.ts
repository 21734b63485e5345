import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import type { Clock } from '../context/clock.ts';

/** A JSON Web Key Set (RFC 7517). */
export interface JsonWebKeySet {
  keys: readonly (JsonWebKey & { kid?: string; use?: string; alg?: string })[];
}

/** Finds a verification key by its id. */
export interface KeySet {
  find(kid: string): Promise<KeyObject | undefined>;
}

const reloadIntervalMs = 10_000;
const staleAfterMs = 10 * 60_000;

/**
 * Keeps the issuer's keys. An unknown kid loads them again, as a key may just have been rotated in, but at most
 * once per ten seconds: forged kids must not become load on the issuer. Keys older than ten minutes are
 * refreshed behind the caller's back, so that a key that was withdrawn stops counting; while the issuer cannot be
 * reached, the last known keys stay good.
 */
export function createKeySet(load: () => Promise<JsonWebKeySet>, clock: Clock): KeySet {
  let keys = new Map<string, KeyObject>();
  let loadedAt = Number.NEGATIVE_INFINITY;
  let triedAt = Number.NEGATIVE_INFINITY;
  let loading: Promise<void> | undefined;

  function reload(): Promise<void> {
    loading ??= loadKeys().finally(() => {
      loading = undefined;
    });
    return loading;
  }

  async function loadKeys(): Promise<void> {
    triedAt = clock().getTime();
    const set = await load();
    keys = new Map(set.keys.flatMap(toRsaKey));
    loadedAt = clock().getTime();
  }

  return {
    async find(kid) {
      const now = clock().getTime();
      const found = keys.get(kid);
      if (found) {
        if (now - loadedAt > staleAfterMs && now - triedAt > reloadIntervalMs) reload().catch(() => undefined);
        return found;
      }
      // Never loaded yet: every caller may wait for the first load, whatever its outcome was a moment ago.
      if (loading || keys.size === 0 || now - triedAt > reloadIntervalMs) await reload();
      return keys.get(kid);
    },
  };
}

function toRsaKey(jwk: JsonWebKeySet['keys'][number]): [string, KeyObject][] {
  const isUsable = jwk.kid && jwk.kty === 'RSA' && (jwk.use ?? 'sig') === 'sig' && (jwk.alg ?? 'RS256') === 'RS256';
  if (!isUsable || !jwk.kid) return [];
  const key = createPublicKey({ key: { kty: 'RSA', n: jwk.n, e: jwk.e }, format: 'jwk' });
  // RFC 7518, section 3.3: a key of 2048 bits or more must be used with RS256.
  return (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2048 ? [[jwk.kid, key]] : [];
}
