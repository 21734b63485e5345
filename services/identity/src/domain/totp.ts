import { createHash, randomBytes } from 'node:crypto';
import { Secret, TOTP } from 'otpauth';

const issuer = 'Outlay';
const stepSeconds = 30;

/** Clocks differ, and people type slowly: the step before and the one after count too (RFC 6238, section 5.2). */
const windowSteps = 1;

/** A new secret of 160 bits in base32, as RFC 4226 recommends (section 4, R6). */
export function newTotpSecret(): string {
  return new Secret({ size: 20 }).base32;
}

/** What authenticator apps read from a QR code. */
export function otpauthUrl(secret: string, email: string): string {
  return totpOf(secret, email).toString();
}

/** The time step that a code of six digits belongs to; undefined for a wrong one. */
export function stepOfCode(secret: string, code: string, now: Date): number | undefined {
  const totp = totpOf(secret);
  const timestamp = now.getTime();
  const delta = totp.validate({ token: code, timestamp, window: windowSteps });
  return delta === null ? undefined : totp.counter({ timestamp }) + delta;
}

function totpOf(secret: string, label = ''): TOTP {
  return new TOTP({ issuer, label, secret: Secret.fromBase32(secret), period: stepSeconds });
}

const recoveryCodesMade = 10;
/** Of base32: 80 bits, which nobody can try, so that a fast hash is enough. */
const recoveryCodeLength = 16;
const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

/** Recovery codes such as `k3pd-7mza-q2xe-h5tn`. */
export function newRecoveryCodes(): string[] {
  return Array.from({ length: recoveryCodesMade }, () => {
    const letters = [...randomBytes(recoveryCodeLength)].map((byte) => alphabet[byte % alphabet.length]).join('');
    return letters.replace(/(.{4})(?!$)/g, '$1-');
  });
}

/** A code as a person typed it. */
export type TypedCode = { kind: 'totp'; digits: string } | { kind: 'recovery'; letters: string } | { kind: 'none' };

/** Tells by its form which kind of code was typed; blanks, hyphens and case do not count. */
export function readCode(typed: string): TypedCode {
  const bare = typed.replace(/[\s-]/g, '').toLowerCase();
  if (/^\d{6}$/.test(bare)) return { kind: 'totp', digits: bare };
  return /^[a-z2-7]{16}$/.test(bare) ? { kind: 'recovery', letters: bare } : { kind: 'none' };
}

/** What is stored of a recovery code: with the person's id, so that equal codes of two people look different. */
export function hashRecoveryCode(userId: string, letters: string): Buffer {
  return createHash('sha256').update(`${userId} ${letters}`).digest();
}
