import type { access, identity } from '@outlay/contracts';
import type { ServiceHandlers } from '@outlay/platform';

/** What answers each RPC of identity, as its row in the access table lets callers in. */
export type IdentityHandlers = ServiceHandlers<typeof identity.IdentityServiceService, typeof access.identity>;
