import { createSecretBox } from '@outlay/platform';

/** What services share with identity. */
export const sharedSecret = 'a secret of the tests';

const box = createSecretBox([sharedSecret], 'mail token');

/** A token as identity seals it for the sender of mails. */
export function sealToken(token: string, boundTo: string): Buffer {
  return box.seal(token, boundTo);
}
