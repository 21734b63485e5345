import { createHash } from 'node:crypto';
import { clientNetwork, rateLimited } from '@outlay/platform';
import { emailKey } from '../domain/email-key.ts';
import type { IdentityDatabase } from '../store/database.ts';
import { createDatabaseLimiter, waitAfter } from './database-limiter.ts';

/** Bounds the mails that people have sent to others, and to themselves. */
export interface MailQuota {
  /** Throws rate_limited `too_many_mails` where a person has asked for too many. */
  takeForPerson(userId: string): Promise<void>;
  /** Whether one more mail may be sent to this address, of somebody or nobody, as asked for from there. */
  takeForAddress(email: string, clientAddress: string): Promise<boolean>;
}

const hour = 3_600;

export function createMailQuota(database: IdentityDatabase): MailQuota {
  const perPerson = createDatabaseLimiter(database, { keyPrefix: 'mail:person', points: 5, duration: hour });
  const perAccount = createDatabaseLimiter(database, { keyPrefix: 'mail:account', points: 5, duration: hour });
  const perNetwork = createDatabaseLimiter(database, { keyPrefix: 'mail:network', points: 30, duration: hour });

  return {
    async takeForPerson(userId) {
      const waitMs = await waitAfter(perPerson.consume(fingerprint(userId)));
      if (waitMs > 0) throw rateLimited('too_many_mails', 'Too many mails were asked for', waitMs);
    },
    async takeForAddress(email, clientAddress) {
      const waits = await Promise.all([
        waitAfter(perAccount.consume(fingerprint(emailKey(email)))),
        clientAddress === '' ? 0 : waitAfter(perNetwork.consume(fingerprint(clientNetwork(clientAddress)))),
      ]);
      return Math.max(...waits) === 0;
    },
  };
}

/** Hashed, so that no table holds a list of addresses that were asked for. */
function fingerprint(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
