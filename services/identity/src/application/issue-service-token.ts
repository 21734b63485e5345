import { createHash, timingSafeEqual } from 'node:crypto';
import { type CallerContext, clientSecretOf, newId, unauthenticated } from '@outlay/platform';
import type { AccessToken } from '../security/access-token.ts';
import { createClientThrottle } from '../security/client-throttle.ts';
import type { IdentityDependencies } from './dependencies.ts';

/** Who may act without a user. The operator is whoever provisions a platform: its seeds and scripts. */
const clients = ['operator', 'gateway', 'identity', 'tenancy-billing', 'ledger', 'notifications', 'reporting'];

/**
 * A token for a service that acts without a user (RFC 6749, section 4.4). Throws unauthenticated `invalid_client` alike
 * for a secret that is not this service's and a service that there is not; rate_limited `too_many_attempts` after thirty failures in a minute
 * as one service from one place.
 */
export function createIssueServiceToken({
  issueAccessToken,
  serviceClientSecret,
  clock,
}: Pick<IdentityDependencies, 'issueAccessToken' | 'serviceClientSecret' | 'clock'>) {
  const throttle = createClientThrottle();

  return async (context: CallerContext, command: { clientId: string; clientSecret: string }): Promise<AccessToken> => {
    const isKnown = clients.includes(command.clientId);
    // Names that are made up share one count, or each would be a way around it.
    const attempt = { clientId: isKnown ? command.clientId : '', peerAddress: context.peerAddress ?? '' };
    await throttle.admit(attempt);
    const expected = clientSecretOf(serviceClientSecret, command.clientId);
    const isSecret = timingSafeEqual(digest(command.clientSecret), digest(expected));
    if (!isSecret || !isKnown) {
      await throttle.recordFailure(attempt);
      throw unauthenticated('invalid_client', 'The client is not known by this secret');
    }
    return issueAccessToken({ kind: 'service', sub: command.clientId, sid: newId(), authenticatedAt: clock() });
  };
}

/** Of one length, whatever was given, as a comparison in constant time needs. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
