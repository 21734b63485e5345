import type { SecretBox, Session } from '@outlay/platform';
import { hashRecoveryCode, readCode, stepOfCode } from '../domain/totp.ts';
import type { Credentials } from '../store/credentials.ts';
import { isRecoveryCodeUnused, isTotpStepFree, takeRecoveryCode, takeTotpStep } from '../store/second-factors.ts';

/** What a person proves themselves by beside the password. */
export type Factor = 'totp' | 'recovery_code';

type Holder = Pick<Credentials, 'sealedTotpSecret'> & { user: { id: string } };

/** Checks codes of authenticators and recovery codes. */
export interface SecondFactor {
  /** Seals a secret so that it opens beside this person alone. */
  seal(userId: string, secret: string): Buffer;
  /**
   * Uses a code up, in the session's transaction: of any number who show one code at once, one succeeds. Answers what
   * kind of code it was; undefined for one that is wrong or was used before.
   */
  take(session: Pick<Session, 'query'>, holder: Holder, code: string, now: Date): Promise<Factor | undefined>;
  /** Whether `take` would succeed; the code stays good. */
  isGood(session: Pick<Session, 'query'>, holder: Holder, code: string, now: Date): Promise<boolean>;
}

/** Makes the checks. Secrets are sealed under identity's own key, bound to the person. */
export function createSecondFactor(secrets: SecretBox): SecondFactor {
  const boundTo = (userId: string) => `totp ${userId}`;

  function read({ user, sealedTotpSecret }: Holder, code: string, now: Date) {
    const typed = readCode(code);
    if (!sealedTotpSecret || typed.kind === 'none') return undefined;
    if (typed.kind === 'recovery') {
      return { kind: typed.kind, userId: user.id, codeHash: hashRecoveryCode(user.id, typed.letters) };
    }
    const step = stepOfCode(secrets.open(sealedTotpSecret, boundTo(user.id)), typed.digits, now);
    return step === undefined ? undefined : { kind: typed.kind, userId: user.id, sealedSecret: sealedTotpSecret, step };
  }

  return {
    seal: (userId, secret) => secrets.seal(secret, boundTo(userId)),

    async take(session, holder, code, now) {
      const shown = read(holder, code, now);
      if (shown?.kind === 'totp') return (await takeTotpStep(session, shown)) ? 'totp' : undefined;
      const isTaken = shown !== undefined && (await takeRecoveryCode(session, { ...shown, usedAt: now }));
      return isTaken ? 'recovery_code' : undefined;
    },

    async isGood(session, holder, code, now) {
      const shown = read(holder, code, now);
      if (!shown) return false;
      return shown.kind === 'totp' ? isTotpStepFree(session, shown) : isRecoveryCodeUnused(session, shown);
    },
  };
}
