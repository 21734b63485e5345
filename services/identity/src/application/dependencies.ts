import type { Clock, Logger } from '@outlay/platform';
import type { IssueAccessToken } from '../security/access-token.ts';
import type { LoginThrottle } from '../security/login-throttle.ts';
import type { PasswordHasher } from '../security/password-hasher.ts';
import type { RevocationList } from '../security/revocation-list.ts';
import type { SigningKeys } from '../security/signing-keys.ts';
import type { IdentityDatabase } from '../store/database.ts';

/** What the use cases work with. */
export interface IdentityDependencies {
  database: IdentityDatabase;
  passwords: PasswordHasher;
  throttle: LoginThrottle;
  keys: SigningKeys;
  issueAccessToken: IssueAccessToken;
  revocations: RevocationList;
  /** The secret that services prove themselves with. */
  serviceClientSecret: string;
  clock: Clock;
  logger: Logger;
}
