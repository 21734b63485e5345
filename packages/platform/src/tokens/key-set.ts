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

/** Between two attempts to load: forged kids must not become load on the issuer. */
const reloadIntervalMs = 1_000;
/** Older keys are loaded again behind the caller's back. */
const staleAfterMs = 30_000;
/** Nobody is answered by older ones, unless the issuer cannot be reached: a withdrawn key counts no longer than this. */
const ageMaxMs = 60_000;

/**
 * Keeps the issuer's keys. An unknown kid loads them again, as a key may just have been rotated in, but at most once a
 * second. A key that was withdrawn stops counting within a minute; while the issuer cannot be reached, the last known
 * keys stay good.
 */
export function createKeySet(load: () => Promise<JsonWebKeySet>, clock: Clock): KeySet {
  let keys = new Map<string, KeyObject>();
  let loadedAt = Number.NEGATIVE_INFINITY;
  let triedAt = Number.NEGATIVE_INFINITY;
  let hasFailed = false;
  let loading: Promise<void> | undefined;

  function reload(): Promise<void> {
    loading ??= loadKeys().finally(() => {
      loading = undefined;
    });
    return loading;
  }

  async function loadKeys(): Promise<void> {
    triedAt = clock().getTime();
    hasFailed = true;
    const set = await load();
    keys = new Map(set.keys.flatMap(toRsaKey));
    loadedAt = clock().getTime();
    hasFailed = false;
  }

  /** Waits for new keys only where they are overdue and the issuer was there when it was last asked. */
  async function refresh(now: number): Promise<void> {
    const age = now - loadedAt;
    if (age <= staleAfterMs || now - triedAt <= reloadIntervalMs) return;
    const isOverdue = age > ageMaxMs && !hasFailed;
    const refreshed = reload().catch(() => undefined);
    if (isOverdue) await refreshed;
  }

  return {
    async find(kid) {
      const now = clock().getTime();
      if (keys.has(kid)) {
        await refresh(now);
        return keys.get(kid);
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
