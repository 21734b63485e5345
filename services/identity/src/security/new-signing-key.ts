import { createHash, generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import type { SecretBox } from '@outlay/platform';
import type { NewSigningKey } from '../store/signing-keys.ts';

const generateRsa = promisify(generateKeyPair);

/** What a private key is sealed to: beside another key id it does not open. */
export function boundToKey(kid: string): string {
  return `signing key ${kid}`;
}

/** Makes an RSA key of 2048 bits; its id is its thumbprint. */
export async function newSigningKey(secrets: SecretBox, now: Date): Promise<NewSigningKey> {
  const { publicKey, privateKey } = await generateRsa('rsa', { modulusLength: 2048 });
  const { n = '', e = '' } = publicKey.export({ format: 'jwk' });
  const kid = thumbprint({ kty: 'RSA', n, e });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return {
    kid,
    sealedPrivateKey: secrets.seal(pem, boundToKey(kid)),
    publicJwk: { kid, kty: 'RSA', n, e, alg: 'RS256', use: 'sig' },
    createdAt: now,
  };
}

/** RFC 7638: the hash of the required members in lexicographic order, without white space. */
function thumbprint(jwk: { kty: string; n: string; e: string }): string {
  return createHash('sha256')
    .update(JSON.stringify({ e: jwk.e, kty: jwk.kty, n: jwk.n }))
    .digest('base64url');
}
