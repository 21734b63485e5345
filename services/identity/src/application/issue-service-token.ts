import { createHash, timingSafeEqual } from 'node:crypto';
import { type CallerContext, newId, unauthenticated } from '@outlay/platform';
import type { AccessToken } from '../security/access-token.ts';
import type { IdentityDependencies } from './dependencies.ts';

/** Who may act without a user. */
const clients = ['gateway', 'identity', 'tenancy-billing', 'ledger', 'notifications', 'reporting'];

/** A token for a service that acts without a user (RFC 6749, section 4.4). Throws unauthenticated `invalid_client`. */
export function createIssueServiceToken({ issueAccessToken, serviceClientSecret, clock }: IdentityDependencies) {
  return async (_context: CallerContext, command: { clientId: string; clientSecret: string }): Promise<AccessToken> => {
    const isSecret = timingSafeEqual(digest(command.clientSecret), digest(serviceClientSecret));
    if (!isSecret || !clients.includes(command.clientId)) {
      throw unauthenticated('invalid_client', 'The client is not known by this secret');
    }
    return issueAccessToken({ kind: 'service', sub: command.clientId, sid: newId(), authenticatedAt: clock() });
  };
}

/** Of one length, whatever was given, as a comparison in constant time needs. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
