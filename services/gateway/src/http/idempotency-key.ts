import { invalid } from '@outlay/platform';

/** What a key may be, as JSON Schema says it: 1 to 255 printable ASCII characters, no blanks. */
export const idempotencyKeyRules = { minLength: 1, maxLength: 255, pattern: '^[!-~]+$' } as const;

const pattern = new RegExp(idempotencyKeyRules.pattern);

/** Checks the key that a client chose for a write. Throws invalid. */
export function readIdempotencyKey(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header !== 'string' || header.length > idempotencyKeyRules.maxLength || !pattern.test(header)) {
    throw invalid('Idempotency-Key', 'invalid_format', 'must have 1 to 255 printable ASCII characters and no blanks');
  }
  return header;
}
