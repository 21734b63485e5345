import { createHash, createPrivateKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { Clock, JsonWebKeySet } from '@outlay/platform';
import type { SigningKeyRow, SigningKeyStore } from '../store/signing-keys.ts';

/** The key that access tokens are signed with now. */
interface SigningKey {
  kid: string;
  privateKey: KeyObject;
}

/** The keys of this issuer. */
export interface SigningKeys {
  current(): Promise<SigningKey>;
  /** The public keys of all that may have signed a token which is still good. */
  publicKeys(): Promise<JsonWebKeySet>;
}

/** Another replica may have rotated; its new key must be published here before its tokens spread. */
const reloadAfterMs = 30_000;

/**
 * Reads the keys from the database and makes the first one where there is none. Loaded keys are kept for half a
 * minute; while the database is away the last known ones stay in use.
 */
export function createSigningKeys(store: SigningKeyStore, clock: Clock): SigningKeys {
  let known: { current: SigningKey; publicKeys: JsonWebKeySet; loadedAt: number } | undefined;
  let loading: Promise<NonNullable<typeof known>> | undefined;

  async function load() {
    const rows = await store.list();
    const keys = rows.length > 0 ? rows : await store.insertFirst(await newSigningKey(clock()));
    const newest = keys.find((key) => key.retiredAt === undefined) ?? keys[0];
    if (!newest) throw new Error('There is no signing key');
    known = {
      current: { kid: newest.kid, privateKey: createPrivateKey(newest.privateKey) },
      publicKeys: { keys: keys.map((key) => key.publicJwk) },
      loadedAt: clock().getTime(),
    };
    return known;
  }

  function reload() {
    loading ??= load().finally(() => {
      loading = undefined;
    });
    return loading;
  }

  async function get() {
    if (!known) return reload();
    if (clock().getTime() - known.loadedAt > reloadAfterMs) await reload().catch(() => undefined);
    return known;
  }

  return {
    current: async () => (await get()).current,
    publicKeys: async () => (await get()).publicKeys,
  };
}

const generateRsa = promisify(generateKeyPair);

async function newSigningKey(now: Date): Promise<SigningKeyRow> {
  const { publicKey, privateKey } = await generateRsa('rsa', { modulusLength: 2048 });
  const { n = '', e = '' } = publicKey.export({ format: 'jwk' });
  const kid = thumbprint({ kty: 'RSA', n, e });
  return {
    kid,
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicJwk: { kid, kty: 'RSA', n, e, alg: 'RS256', use: 'sig' },
    createdAt: now,
    retiredAt: undefined,
  };
}

/** RFC 7638: the hash of the required members in lexicographic order, without white space. */
function thumbprint(jwk: { kty: string; n: string; e: string }): string {
  return createHash('sha256')
    .update(JSON.stringify({ e: jwk.e, kty: jwk.kty, n: jwk.n }))
    .digest('base64url');
}
