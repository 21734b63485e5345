import { createHash, randomBytes } from 'node:crypto';

const bytesOfEntropy = 32;

/** A new opaque token of 256 random bits, as base64url. */
export function newOpaqueToken(): string {
  return randomBytes(bytesOfEntropy).toString('base64url');
}

/**
 * What is stored of a token and looked up by. A fast hash is enough: nobody can try 256 bits. Undefined for text that
 * is no token of ours; two spellings of the same bits must not be two tokens.
 */
export function hashOpaqueToken(token: string): Buffer | undefined {
  const bytes = Buffer.from(token, 'base64url');
  if (bytes.length !== bytesOfEntropy || bytes.toString('base64url') !== token) return undefined;
  return createHash('sha256').update(bytes).digest();
}
