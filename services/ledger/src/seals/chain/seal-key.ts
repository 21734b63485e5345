import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { promisify } from 'node:util';

/** What seals are signed with, and held against. Ed25519: whoever has the public key can check, and cannot sign. */
export interface SealKey {
  /** The first 16 hex digits of the public key's SHA-256. */
  readonly id: string;
  /** The keys whose signatures count: this one and those that served before. Raw, in hex. */
  readonly publicKeys: ReadonlyMap<string, string>;
  sign(hash: Buffer): Buffer;
  /** Whether the key of this id has signed the hash. Not on the thread of requests, as it takes a tenth of a millisecond. */
  verify(keyId: string, hash: Buffer, signature: Buffer): Promise<boolean>;
}

// RFC 8410: what stands before the 32 bytes of a key.
const privatePrefix = Buffer.from('302e020100300506032b657004220420', 'hex');
const publicPrefix = Buffer.from('302a300506032b6570032100', 'hex');

const verifyAsync = promisify(verify);

/** Makes the key from its 32 secret bytes in hex, and the public keys (hex) of those it has replaced. */
export function createSealKey(secret: string, retired: readonly string[] = []): SealKey {
  const privateKey = createPrivateKey({
    key: Buffer.concat([privatePrefix, Buffer.from(secret, 'hex')]),
    format: 'der',
    type: 'pkcs8',
  });
  const own = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(publicPrefix.length);
  const publicKeys = new Map([own.toString('hex'), ...retired].map((publicKey) => [keyIdOf(publicKey), publicKey]));
  const verifying = new Map([...publicKeys].map(([id, publicKey]) => [id, toPublicKey(publicKey)]));
  return {
    id: keyIdOf(own.toString('hex')),
    publicKeys,
    sign: (hash) => sign(null, hash, privateKey),
    async verify(keyId, hash, signature) {
      const key = verifying.get(keyId);
      return key !== undefined && verifyAsync(null, hash, key, signature);
    },
  };
}

const keyIdOf = (publicKey: string): string =>
  createHash('sha256').update(Buffer.from(publicKey, 'hex')).digest('hex').slice(0, 16);

const toPublicKey = (publicKey: string): KeyObject =>
  createPublicKey({ key: Buffer.concat([publicPrefix, Buffer.from(publicKey, 'hex')]), format: 'der', type: 'spki' });
