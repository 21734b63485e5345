import type { Clock, Logger, SecretBox, Turns } from '@outlay/platform';
import type { IssueAccessToken } from '../security/access-token.ts';
import type { KeyThrottle } from '../security/key-throttle.ts';
import type { LoginThrottle } from '../security/login-throttle.ts';
import type { MailQuota } from '../security/mail-quota.ts';
import type { PasswordHasher } from '../security/password-hasher.ts';
import type { RegistrationQuota } from '../security/registration-quota.ts';
import type { RevocationList } from '../security/revocation-list.ts';
import type { SecondFactor } from '../security/second-factor.ts';
import type { SigningKeys } from '../security/signing-keys.ts';
import type { IdentityDatabase } from '../store/database.ts';

/** What the use cases work with. */
export interface IdentityDependencies {
  database: IdentityDatabase;
  passwords: PasswordHasher;
  throttle: LoginThrottle;
  keyThrottle: KeyThrottle;
  /** In which API keys are looked up: few at once, so that whoever floods identity with keys holds up no log-in. */
  keyTurns: Turns;
  mailQuota: MailQuota;
  registrationQuota: RegistrationQuota;
  keys: SigningKeys;
  issueAccessToken: IssueAccessToken;
  revocations: RevocationList;
  secondFactor: SecondFactor;
  /** Seals what identity keeps to itself. */
  secrets: SecretBox;
  /** Seals the tokens that only the sender of mails may read. */
  mailTokens: SecretBox;
  /** The secret that services prove themselves with. */
  serviceClientSecret: string;
  /** How old a signing key grows before another takes its place. */
  signingKeyDays: number;
  clock: Clock;
  logger: Logger;
}
