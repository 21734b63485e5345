import { createHmac } from 'node:crypto';

export { hashOpaqueToken as hashRefreshToken, newOpaqueToken as newRefreshToken } from './opaque-token.ts';

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
