import { createHash, createHmac, randomBytes } from 'node:crypto';

const bytesOfEntropy = 32;

/** A new opaque refresh token of 256 random bits, as base64url. */
export function newRefreshToken(): string {
  return randomBytes(bytesOfEntropy).toString('base64url');
}

/**
 * What is stored of a token and looked up by. A fast hash is enough: nobody can try 256 bits. Undefined for text that
 * is no token of ours; two spellings of the same bits must not be two tokens.
 */
export function hashRefreshToken(token: string): Buffer | undefined {
  const bytes = Buffer.from(token, 'base64url');
  if (bytes.length !== bytesOfEntropy || bytes.toString('base64url') !== token) return undefined;
  return createHash('sha256').update(bytes).digest();
}

/**
 * Seals a successor so that only the holder of its predecessor can read it: the database knows neither. The pad is
 * as long as the token and never used twice, as each predecessor seals one successor.
 */
export function sealSuccessor(predecessor: string, successor: string): Buffer {
  return applyPad(predecessor, Buffer.from(successor, 'base64url'));
}

/** The successor that was sealed with this predecessor. */
export function unsealSuccessor(predecessor: string, sealed: Uint8Array): string {
  return applyPad(predecessor, sealed).toString('base64url');
}

function applyPad(predecessor: string, text: Uint8Array): Buffer {
  const pad = createHmac('sha256', Buffer.from(predecessor, 'base64url')).update('successor').digest();
  return Buffer.from(text.map((byte, index) => byte ^ (pad[index] ?? 0)));
}
