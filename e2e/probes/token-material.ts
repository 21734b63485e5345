import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import { eventually, type TestPlatform } from '@outlay/testkit';

/** A key that a test made, and the name under which tokens point to it. */
export interface Signer {
  kid: string;
  privateKey: KeyObject;
}

/** All that an attacker may have got hold of, and keys with which the platform itself can be made to err. */
export interface TokenMaterial {
  /** As identity issued them: two of one person's session, one of a person of another tenant, one of a service. */
  good: string;
  another: string;
  foreign: string;
  service: string;
  /** Of a session that was closed. */
  closed: string;
  refreshToken: string;
  realKid: string;
  publicKey: KeyObject;
  /** Published by identity among its own keys, so that what is wrong with a token is not its signature. */
  trusted: Signer;
  retired: Signer;
  weak: Signer;
  elliptic: Signer;
  forEncryption: Signer;
  /** Published by nobody. */
  stranger: Signer;
}

export type PublishedKeys = Pick<TokenMaterial, 'trusted' | 'retired' | 'weak' | 'elliptic' | 'forEncryption'>;

/**
 * Puts keys of the test beside identity's own, older than that, so that it goes on signing with its own, and has identity
 * read them. Whatever is published is trusted, so tokens can be signed well and still say what identity never says.
 */
export async function publishKeys(platform: TestPlatform): Promise<PublishedKeys> {
  const keys: PublishedKeys = {
    trusted: newSigner(),
    retired: newSigner(),
    weak: newSigner(1_024),
    elliptic: {
      kid: `elliptic-${randomUUID()}`,
      privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
    },
    forEncryption: newSigner(),
  };
  for (const [name, { kid, privateKey }] of Object.entries(keys)) {
    const jwk = {
      ...createPublicKey(privateKey).export({ format: 'jwk' }),
      kid,
      alg: name === 'elliptic' ? 'ES256' : 'RS256',
      use: name === 'forEncryption' ? 'enc' : 'sig',
    };
    // Nothing is ever signed with these here; what is stored of the real key stands in for their private half.
    await platform.database.query(
      `insert into identity.signing_keys (kid, private_key, public_jwk, created_at, retired_at)
       select $1, real.private_key, $2, real.created_at - interval '7 days', $3
       from identity.signing_keys as real order by real.created_at desc limit 1`,
      [kid, jwk, name === 'retired' ? new Date(Date.now() - 86_400_000) : null],
    );
  }
  await platform.stopService('identity');
  await platform.startService('identity');
  await eventually(async () => {
    const { ok } = await fetch(`${platform.gatewayUrl}/readyz`);
    if (!ok) throw new Error('The gateway has not found identity again');
  });
  return keys;
}

/** An RSA key, named as identity names its own. */
export function newSigner(modulusLength = 2_048): Signer {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength });
  const { n } = createPublicKey(privateKey).export({ format: 'jwk' });
  return {
    kid: createHash('sha256')
      .update(n ?? '')
      .digest('base64url'),
    privateKey,
  };
}

export const encode = (value: unknown): string => encodeText(JSON.stringify(value));
export const encodeText = (text: string): string => Buffer.from(text).toString('base64url');
export const partsOf = (token: string) => token.split('.') as [string, string, string];
export const claimsOf = (token: string) => JSON.parse(Buffer.from(partsOf(token)[1], 'base64url').toString());

export type SignText = (input: string) => string;

export const rs256 =
  (key: KeyObject, hash = 'sha256'): SignText =>
  (input) =>
    sign(hash, Buffer.from(input), key).toString('base64url');

/** Two encoded parts with the signature that belongs to them. */
export const join = (header: string, claims: string, signText: SignText): string =>
  `${header}.${claims}.${signText(`${header}.${claims}`)}`;
