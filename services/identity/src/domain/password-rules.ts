/** Why something that was given is not acceptable; the code is stable. */
export interface Fault {
  code: string;
  message: string;
}

/** In characters. The upper bound keeps hashing cheap; NIST SP 800-63B section 5.1.1.2 asks to allow at least 64. */
const lengthMin = 8;
const lengthMax = 128;

/** What is wrong with a new password; undefined when it is good. Length is all that counts. */
export function passwordFault(password: string): Fault | undefined {
  const length = [...password].length;
  if (length < lengthMin) return { code: 'password_too_short', message: `must have at least ${lengthMin} characters` };
  if (length > lengthMax) return { code: 'password_too_long', message: `must have at most ${lengthMax} characters` };
  return undefined;
}
