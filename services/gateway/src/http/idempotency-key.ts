import { invalid } from '@outlay/platform';

/** Checks the key that a client chose for a write: 1 to 255 printable ASCII characters, no blanks. */
export function readIdempotencyKey(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(header)) {
    throw invalid('Idempotency-Key', 'invalid_format', 'must have 1 to 255 printable ASCII characters and no blanks');
  }
  return header;
}
