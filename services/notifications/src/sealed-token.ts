import type { SealedToken } from './templates/letterhead.ts';

/** A token as events carry it, in the form in which it is kept until the mail is written. */
export function sealedToken(sealed: Uint8Array, boundTo: string): SealedToken {
  return { sealed: Buffer.from(sealed).toString('base64'), boundTo };
}
