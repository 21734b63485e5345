import { commonPasswords } from './common-passwords.ts';

/** Why something that was given is not acceptable; the code is stable. */
export interface Fault {
  code: string;
  message: string;
}

/** In characters. The upper bound keeps hashing cheap; NIST SP 800-63B section 5.1.1.2 asks to allow at least 64. */
const lengthMin = 8;
const lengthMax = 128;

/** What is wrong with a new password, whoever chooses it; undefined when it is good. */
export function passwordFault(password: string): Fault | undefined {
  const length = [...password].length;
  if (length < lengthMin) return { code: 'password_too_short', message: `must have at least ${lengthMin} characters` };
  if (length > lengthMax) return { code: 'password_too_long', message: `must have at most ${lengthMax} characters` };
  if (commonPasswords.has(password.toLowerCase())) {
    return { code: 'password_too_common', message: 'is among the first that are tried; choose another one' };
  }
  return undefined;
}

/** What everybody knows of somebody. */
export interface Named {
  email: string;
  firstName: string;
  lastName: string;
}

/** What is wrong with a password for this person: it must not be their address, what stands before the @, or their name. */
export function personalPasswordFault(password: string, person: Named): Fault | undefined {
  const { email, firstName, lastName } = person;
  const known = [email, email.split('@')[0] ?? '', firstName, lastName, firstName + lastName, lastName + firstName];
  const isPersonal = known.some((text) => bare(text) !== '' && bare(text) === bare(password));
  if (!isPersonal) return undefined;
  return { code: 'password_personal', message: 'must not be your e-mail address or your name' };
}

/** Letters and digits alone, whatever their case: `Mara.Lind` is `mara lind`. */
function bare(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}
