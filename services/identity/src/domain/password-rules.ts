import type { ErrorDetail } from '@outlay/platform';

/** In characters. The upper bound keeps hashing cheap; NIST SP 800-63B section 5.1.1.2 asks to allow at least 64. */
const lengthMin = 8;
const lengthMax = 128;

/** What is wrong with a new password, for the field of that name; empty when it is good. Length is all that counts. */
export function passwordFaults(password: string, field: string): ErrorDetail[] {
  const length = [...password].length;
  if (length < lengthMin) {
    return [{ field, code: 'password_too_short', message: `must have at least ${lengthMin} characters` }];
  }
  if (length > lengthMax) {
    return [{ field, code: 'password_too_long', message: `must have at most ${lengthMax} characters` }];
  }
  return [];
}
