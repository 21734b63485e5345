import { access, identity as contract } from '@outlay/contracts';
import { type BoundService, defineService } from '@outlay/platform';
import type { Identity } from '../application/identity.ts';
import type { SigningKeys } from '../security/signing-keys.ts';
import { apiKeyHandlers } from './api-key-handlers.ts';
import { credentialHandlers } from './credential-handlers.ts';
import { invitationHandlers } from './invitation-handlers.ts';
import { issuerHandlers } from './issuer-handlers.ts';
import { memberHandlers } from './member-handlers.ts';
import { personHandlers } from './person-handlers.ts';
import { securityHandlers } from './security-handlers.ts';
import { signInHandlers } from './sign-in-handlers.ts';

/** The RPCs of this service: what is read from each request, and which use case answers it. */
export function identityService(identity: Identity, keys: SigningKeys): BoundService {
  const handlers = {
    ...signInHandlers(identity),
    ...personHandlers(identity),
    ...credentialHandlers(identity),
    ...memberHandlers(identity),
    ...invitationHandlers(identity),
    ...apiKeyHandlers(identity),
    ...securityHandlers(identity),
    ...issuerHandlers(identity, keys),
  };
  return defineService(contract.IdentityServiceService, access.identity, handlers);
}
